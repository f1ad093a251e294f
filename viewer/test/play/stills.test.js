import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Stills } from "../../play/stills.js";
import { FakeElement, installDocument } from "../fakes/dom.js";
import { installFetch } from "../fakes/fetch.js";
import { FakeTime, settled } from "../fakes/time.js";
import { FrameVideo } from "../fakes/video.js";

const time = new FakeTime();
let videos, canvas, stills, revoked;

beforeEach(() => {
  time.clear();
  videos = [];
  installDocument({
    createVideo: () => {
      videos.push(new FrameVideo());
      return videos.at(-1);
    },
  });
  revoked = 0;
  Object.assign(URL, { createObjectURL: () => "blob:1", revokeObjectURL: () => revoked++ });
  installFetch(() => ({}));
  canvas = new FakeElement("canvas");
  stills = new Stills();
});

/** A frame is there, and the task of which it is told. */
async function show() {
  videos[0].show(0);
  await settled();
  time.advance(0);
}

const images = () => (canvas.context?.calls ?? []).filter(([name]) => name === "drawImage");

test("a still is decoded by a video that is not in the document, and drawn", async () => {
  const drawn = stills.draw("hls/front/pictures/7.mp4", canvas, 640);
  await settled();
  await show();
  await drawn;
  assert.deepEqual([canvas.width, canvas.height, images().length], [640, 360, 1]);
  assert.deepEqual([videos[0].src, videos[0].parent, revoked], [undefined, null, 1]);
});

test("what has come is told: how long what came behind its first bytes took, and of when it is", async () => {
  const asked = installFetch(() => ({ pieces: [4000, 30_000, 6000], every: 500, headers: { "Lookback-Time": "2026-11-22T21:54:00.250Z" } }));
  const drawn = stills.draw("x", canvas, 640, { priority: "high", patience: 20_000 });
  await settled(); // it is asked for
  const asking = time.now;
  await time.pass(9000);
  await show();
  // What comes first was on its way already.
  assert.deepEqual(await drawn, { first: asking + 500, took: 1500, bytes: 36_000, at: Date.parse("2026-11-22T21:54:00.250Z") });
  assert.equal(asked.options.priority, "high");
});

test("a video is not emptied inside its frame callback, nor in what follows at once", async () => {
  const drawn = stills.draw("x", canvas, 640);
  await settled();
  videos[0].show(0);
  await settled();
  assert.deepEqual([videos[0].src, images().length], ["blob:1", 0]);
  time.advance(0);
  await drawn;
  assert.deepEqual([videos[0].src, images().length], [undefined, 1]);
});

test("a still is not drawn larger than it is, and videos are used again", async () => {
  for (let i = 0; i < 2; i++) {
    const drawn = stills.draw("x", canvas, 4000);
    await settled();
    await show();
    await drawn;
  }
  assert.deepEqual([canvas.width, videos.length], [1280, 1]);
});

test("what can't be decoded, does not come or is not there leaves the canvas as it was", async () => {
  const broken = stills.draw("x", canvas, 640);
  for (let i = 0; i < 2; i++) {
    await settled();
    videos[0].error = { message: "MEDIA_ERR_DECODE" };
    videos[0].fire("error");
  }
  await assert.rejects(broken, /MEDIA_ERR_DECODE/);
  const slow = stills.draw("x", canvas, 640);
  await settled();
  time.advance(8000);
  await assert.rejects(slow, /not decoded in time/);
  installFetch(() => ({ status: 404, body: {} }));
  await assert.rejects(stills.draw("gone", canvas, 640), /gone: 404/);
  assert.deepEqual([canvas.width, images().length], [0, 0]);
});

test("what can't be decoded is loaded once more, past every cache", async () => {
  const asked = installFetch(() => ({ headers: { "Lookback-Time": "2026-11-22T21:54:00.250Z" } }));
  const drawn = stills.draw("x", canvas, 640);
  await settled();
  assert.deepEqual([[...asked], asked.options.cache], [["x"], "default"]);
  videos[0].fire("error");
  await settled();
  assert.deepEqual([[...asked], asked.options.cache], [["x", "x"], "reload"]);
  await show();
  assert.equal((await drawn).at, Date.parse("2026-11-22T21:54:00.250Z"));
  assert.deepEqual([images().length, videos.length], [1, 1]);
});

test("who needs the connections ends what is under way", async () => {
  const drawn = stills.draw("x", canvas, 640);
  await settled();
  stills.abort();
  await assert.rejects(drawn, /not decoded/);
});
