import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Tabs, multiplexed } from "../../browser/tabs.js";
import { installDocument, send } from "../fakes/dom.js";
import { FakeTime } from "../fakes/time.js";

const time = new FakeTime();
let channels, protocol, screen;
performance.getEntriesByType = () => (protocol ? [{ nextHopProtocol: protocol }] : []);

beforeEach(() => {
  time.clear();
  screen = installDocument();
  protocol = "http/1.1";
  channels = [];
  // As the browser's: what one says all others hear, and not itself.
  globalThis.BroadcastChannel = class extends EventTarget {
    said = [];
    constructor(name) {
      super();
      assert.equal(name, "lookback");
      channels.push(this);
    }
    postMessage(what) {
      this.said.push(what);
      for (const other of channels) if (other !== this && !other.closed) send(other, "message", { data: structuredClone(what) });
    }
  };
});

/** So many windows that play live, opened one after the other. */
function windows(count) {
  const made = [];
  for (let i = 0; i < count; i++) {
    made.push(new Tabs(() => {}));
    made[i].plays = true;
    time.advance(10);
  }
  return made;
}

/** What each says is crowded. */
const crowded = (tabs) => tabs.map((tab) => tab.crowded);

test("a tab that is seen tells the others, a hidden one hears it", () => {
  let heard = 0;
  new Tabs(() => heard++);
  const [channel] = channels;
  assert.deepEqual(channel.said, ["seen"]);
  send(channel, "message", { data: "seen" });
  assert.equal(heard, 0); // two windows side by side are both seen
  document.hidden = true;
  send(document, "visibilitychange");
  assert.deepEqual(channel.said, ["seen"]);
  send(channel, "message", { data: "seen" });
  assert.equal(heard, 1);
  send(channel, "message", { data: { id: 2, born: 0, plays: true } }); // a window beside it plays on: nothing new
  assert.equal(heard, 1);
  document.hidden = false;
  send(document, "visibilitychange");
  assert.deepEqual(channel.said, ["seen", "seen"]);
});

test("the first three that play have room, whatever comes behind them", () => {
  const tabs = windows(6);
  assert.deepEqual(crowded(tabs), [false, false, false, true, true, true]);
  time.advance(60_000); // and they go on telling
  assert.deepEqual(crowded(tabs), [false, false, false, true, true, true]);
});

test("one that plays no more makes room for the next, and has its place again", () => {
  const tabs = windows(5);
  tabs[0].plays = false;
  assert.deepEqual(crowded(tabs).slice(1), [false, false, false, true]);
  time.advance(20_000);
  tabs[0].plays = true;
  assert.deepEqual(crowded(tabs), [false, false, false, true, true]);
});

test("one that is closed says so, and one that has crashed is missed", () => {
  const tabs = windows(5);
  send(screen.window, "pagehide"); // in this process all of them hear it
  assert.deepEqual(crowded(tabs), Array(5).fill(false));
  for (const tab of tabs) tab.plays = true;
  assert.deepEqual(crowded(tabs), [false, false, false, true, true]);
  channels[0].postMessage = () => {};
  time.advance(5000);
  assert.deepEqual(crowded(tabs).slice(1), [false, false, false, true]);
});

test("where requests don't wait for each other there is room for all", () => {
  assert.equal(multiplexed(), false);
  protocol = "h2";
  assert.equal(multiplexed(), true);
  assert.deepEqual(crowded(windows(6)), Array(6).fill(false));
  protocol = null;
  assert.equal(multiplexed(), false);
});

test("a browser without channels plays all the same", () => {
  delete globalThis.BroadcastChannel;
  const tab = new Tabs(() => assert.fail());
  tab.plays = true;
  assert.deepEqual([channels, tab.crowded], [[], false]);
});
