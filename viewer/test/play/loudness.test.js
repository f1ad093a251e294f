import assert from "node:assert/strict";
import { test } from "node:test";
import { Loudness } from "../../play/loudness.js";
import { installDocument } from "../fakes/dom.js";
import { FakeVideo } from "../fakes/video.js";

installDocument();

test("what comes onto the screen is as loud as what was there", () => {
  const loudness = new Loudness();
  const [one, other] = [new FakeVideo(), new FakeVideo()];
  loudness.set({ muted: false, volume: 0.5 }, one);
  loudness.apply(other);
  assert.deepEqual([one, other].map(({ muted, volume }) => [muted, volume]), [[false, 0.5], [false, 0.5]]);
  loudness.set({ muted: true, volume: 0.5 }, null);
  assert.equal(loudness.sound.muted, true);
});

test("where the browser pauses what is to be heard, it is silent and plays", () => {
  const loudness = new Loudness();
  const video = Object.assign(new FakeVideo(), { paused: false });
  Object.defineProperty(video, "muted", { set: (muted) => muted || (video.paused = true) });
  loudness.set({ muted: false, volume: 1 }, video);
  assert.deepEqual([loudness.sound.muted, video.paused], [true, false]);
});
