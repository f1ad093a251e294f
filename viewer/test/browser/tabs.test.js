import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { listenToTabs } from "../../browser/tabs.js";
import { installDocument, send } from "../fakes/dom.js";

let channels;

beforeEach(() => {
  installDocument();
  channels = [];
  globalThis.BroadcastChannel = class extends EventTarget {
    said = [];
    constructor(name) {
      super();
      this.name = name;
      channels.push(this);
    }
    postMessage(what) {
      this.said.push(what);
    }
  };
});

test("a tab that is seen tells the others, a hidden one hears it", () => {
  let heard = 0;
  listenToTabs(() => heard++);
  const [channel] = channels;
  assert.deepEqual(channel.said, ["seen"]);
  send(channel, "message");
  assert.equal(heard, 0); // two windows side by side are both seen
  document.hidden = true;
  send(document, "visibilitychange");
  assert.deepEqual(channel.said, ["seen"]);
  send(channel, "message");
  assert.equal(heard, 1);
  document.hidden = false;
  send(document, "visibilitychange");
  assert.deepEqual(channel.said, ["seen", "seen"]);
});

test("a browser without channels plays all the same", () => {
  delete globalThis.BroadcastChannel;
  listenToTabs(() => assert.fail());
  assert.deepEqual(channels, []);
});
