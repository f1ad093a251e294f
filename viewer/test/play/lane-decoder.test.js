import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Boxes } from "../../play/lane-boxes.js";
import { LaneDecoder } from "../../play/lane-decoder.js";
import { coded, concat, fragment } from "../fakes/mp4.js";
import { FakeTime } from "../fakes/time.js";

const time = new FakeTime();
const T = 1_700_000_000_000;
let made, shown, failures;

/** Decodes at once. */
class FakeDecoder {
  state = "unconfigured";
  decodeQueueSize = 0;
  configs = [];
  decoded = [];
  constructor(on) {
    made = Object.assign(this, { on });
  }
  configure(config) {
    this.state = "configured";
    this.configs.push(config);
  }
  decode(chunk) {
    if (chunk.data[0] === 0) throw new Error("broken");
    this.decoded.push(chunk);
    this.on.output({ timestamp: chunk.timestamp, close() {
      this.closed = true;
    } });
  }
  close() {
    this.state = "closed";
  }
}

class FakeChunk {
  constructor(init) {
    Object.assign(this, init);
  }
}

function open() {
  const decoder = new LaneDecoder({ show: (frame, date) => shown.push({ frame, date, at: time.now }), failed: (text) => failures.push(text) }, /** @type {any} */ (FakeDecoder), /** @type {any} */ (FakeChunk));
  decoder.type('video/mp4; codecs="avc1.64001f"');
  return decoder;
}

const frame = (n, more) => fragment({ date: T + 40 * n, decode: 40 * n, duration: 40, sync: n % 10 === 0, ...more });
const bring = (decoder, ...parts) => decoder.take(new Boxes().push(concat(...parts)));

beforeEach(() => {
  time.clear();
  shown = [];
  failures = [];
});

test("what comes is decoded and shown, dated as it was taken", () => {
  const decoder = open();
  bring(decoder, coded("avcC"), frame(0), frame(1));
  assert.deepEqual(made.configs.map(({ codec, optimizeForLatency, description }) => [codec, optimizeForLatency, String.fromCharCode(...description)]), [["avc1.64001f", true, "config"]]);
  assert.deepEqual(made.decoded.map((c) => [c.type, c.timestamp, c.duration]), [["key", T * 1000, 40_000], ["delta", (T + 40) * 1000, 40_000]]);
  time.advance(100);
  assert.deepEqual(shown.map((s) => s.date), [T, T + 40]);
});

test("it begins with a key frame, in each run", () => {
  const decoder = open();
  bring(decoder, coded("avcC"), frame(7), frame(10), coded("avcC"), frame(11), frame(20));
  assert.deepEqual(made.decoded.map((c) => c.timestamp / 1000 - T), [400, 800]);
});

test("a picture is dated by when it is shown, not by when it is decoded", () => {
  const decoder = open();
  bring(decoder, coded("avcC"), frame(0, { shift: 80 }));
  assert.equal(made.decoded[0].timestamp, (T + 80) * 1000);
});

test("frames that come unevenly are shown evenly", () => {
  const decoder = open();
  bring(decoder, coded("avcC"));
  for (let n = 0; n < 300; n++) {
    const late = (n * 7) % 20;
    time.advance(40 * n + late - (time.now - 1000));
    bring(decoder, frame(n));
  }
  const apart = shown.slice(200).map((s, i, all) => (i ? s.at - all[i - 1].at : 40));
  assert.ok(apart.every((d) => Math.abs(d - 40) <= 6), String(apart));
});

test("no more than four decoded frames wait", () => {
  const decoder = open();
  bring(decoder, coded("avcC"), frame(0));
  time.advance(500); // late ones first, so that what follows has to wait
  bring(decoder, ...Array.from({ length: 12 }, (_, n) => frame(n + 1)));
  assert.ok(shown.length >= 9, String(shown.length));
});

test("where the decoder can't keep up, frames are left out up to a key frame", () => {
  const decoder = open();
  bring(decoder, coded("avcC"), frame(0));
  made.decodeQueueSize = 61;
  bring(decoder, frame(1));
  made.decodeQueueSize = 0;
  bring(decoder, frame(2), frame(10));
  assert.deepEqual(made.decoded.map((c) => c.timestamp / 1000 - T), [0, 400]);
});

test("what can't be decoded is told", () => {
  const decoder = open();
  bring(decoder, coded("none"));
  assert.match(failures[0], /configuration/);
  bring(decoder, coded("hvcC"), frame(0, { data: "\0broken" }));
  assert.match(failures[1], /broken/);
});

test("what waits is closed with it", () => {
  const decoder = open();
  bring(decoder, coded("avcC"));
  for (let n = 0; n < 100; n++) {
    time.advance(40 * n + (n % 2) * 20 - (time.now - 1000));
    bring(decoder, frame(n));
  }
  const before = shown.length;
  decoder.close();
  time.advance(1000);
  assert.equal(shown.length, before);
  assert.equal(made.state, "closed");
});
