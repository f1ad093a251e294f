import assert from "node:assert/strict";
import { test } from "node:test";
import { Deck } from "../../play/deck.js";
import { NativeDeck } from "../../play/native-deck.js";
import { LaneCodecDeck } from "../../play/lane-codec-deck.js";
import { LaneDeck } from "../../play/lane-deck.js";
import { FakeDeck } from "../fakes/deck.js";
import { installDocument } from "../fakes/dom.js";
import { FakeHls } from "../fakes/hls.js";
import { read } from "../fakes/modules.js";
import { FrameVideo } from "../fakes/video.js";

installDocument({ createVideo: () => new FrameVideo() });

/** [type, name] of each property of a typedef in contract.js. */
function properties(typedef) {
  const block = read("play/contract.js").split("/**").find((text) => text.includes(`@typedef {object} ${typedef}\n`)) ?? "";
  return [...block.matchAll(/@property \{(.+)\} (\w+)/g)].map(([, type, name]) => [type, name]);
}

const options = { url: "live.m3u8", live: true, at: null, hold: true, parent: document.body };
const on = Object.fromEntries(properties("DeckEvents").map(([, name]) => [name, () => {}]));
const silentWorker = () => ({ worker: /** @type {any} */ (Object.assign(new EventTarget(), { terminate() {} })), track: /** @type {any} */ ({ stop() {} }) });
Object.assign(globalThis, { MediaStream: class {}, MediaSource: class extends EventTarget {} });
URL.createObjectURL = () => "blob:1";
const lane = { ...options, lane: "live.mp4" };
const lanes = { LaneDeck: new LaneDeck(lane, on, /** @type {any} */ (class {})), LaneCodecDeck: new LaneCodecDeck(lane, on, silentWorker) };
const decks = { ...lanes, Deck: new Deck(options, on, FakeHls), NativeDeck: new NativeDeck(options, on), FakeDeck: new FakeDeck(options, on) };

for (const [kind, deck] of Object.entries(decks)) {
  test(`${kind} offers all that the contract asks for`, () => {
    const asked = properties("PlaybackDeck");
    assert.ok(asked.length > 20);
    for (const [type, name] of asked) {
      assert.ok(name in deck, `${kind} has no ${name}`);
      if (name === "video") continue;
      const kinds = type.includes("=>") ? ["function"] : type.split("|").map((one) => (one === "null" || one.startsWith("{") ? "object" : one));
      assert.ok(kinds.includes(typeof deck[name]), `${kind}.${name} is ${typeof deck[name]}, not ${type}`);
    }
  });
}
