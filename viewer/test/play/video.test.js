import assert from "node:assert/strict";
import { test } from "node:test";
import { bufferAhead, createVideo, droppedFrames, silent } from "../../play/video.js";
import { installDocument } from "../fakes/dom.js";
import { FakeVideo } from "../fakes/video.js";

installDocument({ createVideo: () => new FakeVideo() });

test("a video plays without sound and in its place, as browsers ask for", () => {
  const first = createVideo(document.body);
  const second = createVideo(document.body);
  assert.deepEqual([first.muted, first.playsInline, first.tabIndex], [true, true, -1]);
  assert.deepEqual(document.body.children, [first, second]);
});

test("the buffer counts from the playhead to the end of the range it is in", () => {
  const video = Object.assign(new FakeVideo(), { ranges: [[0, 10], [20, 30]] });
  const ahead = (currentTime) => bufferAhead(Object.assign(video, { currentTime }));
  assert.deepEqual([ahead(4), ahead(20), ahead(15), ahead(30)], [6, 10, 0, 0]);
  assert.ok(Math.abs(ahead(19.96) - 10.04) < 1e-9); // rounding puts it before its range
});

test("frames that were dropped are counted where the browser tells", () => {
  assert.equal(droppedFrames({}), 0);
  assert.equal(droppedFrames({ getVideoPlaybackQuality: () => ({ droppedVideoFrames: 3 }) }), 3);
});

test("callbacks of a deck that is gone do nothing", () => {
  for (const callback of Object.values(silent)) assert.equal(callback(), undefined);
});
