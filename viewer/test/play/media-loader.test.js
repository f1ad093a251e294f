import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetInits, mediaLoader } from "../../play/media-loader.js";

class Usual {
  constructor(config) {
    this.config = config;
  }
}
class Fetching extends Usual {}

test("media come as the browser has them, until something could not be decoded", () => {
  let anew = false;
  const Loader = mediaLoader(Usual, Fetching, () => anew);
  const before = new Loader({ a: 1 });
  assert.ok(!(before instanceof Fetching));
  assert.deepEqual(before.config, { a: 1 });
  anew = true;
  const { config } = new Loader({ a: 1 });
  const { signal } = new AbortController();
  const request = config.fetchSetup({ url: "http://box/hls/front/1/init/000000000.mp4" }, { headers: { Range: "bytes=0-9" }, signal });
  assert.deepEqual([request.url, request.cache, request.headers.get("Range"), config.a], ["http://box/hls/front/1/init/000000000.mp4", "reload", "bytes=0-9", 1]);
});

test("init sections that hls.js keeps are forgotten, where it has any", () => {
  forgetInits(null);
  const initSegment = { data: new Uint8Array(1) };
  const growing = { data: new Uint8Array(1) };
  forgetInits({ fragments: [{ initSegment }, { initSegment: null }, {}], fragmentHint: { initSegment: growing } });
  forgetInits({ fragments: [] });
  assert.deepEqual([initSegment.data, growing.data], [undefined, undefined]);
});
