import assert from "node:assert/strict";
import { test } from "node:test";
import { codecName, decodable, heard } from "../../browser/codecs.js";
import { installDocument } from "../fakes/dom.js";
import { FakeElement } from "../fakes/dom.js";

test("codecs have names that people use", () => {
  assert.equal(codecName("avc1.42c01f,mp4a.40.2"), "H.264");
  assert.equal(codecName("hvc1.1.6.L93.B0"), "H.265");
  assert.equal(codecName("vp09.00"), "vp09.00");
});

test("what the browser says of a codec is asked once", () => {
  const asked = [];
  globalThis.MediaSource = { isTypeSupported: (type) => asked.push(type) && type.includes("avc1") };
  assert.deepEqual([decodable("avc1.1"), decodable("avc1.1"), decodable("hvc1.1"), decodable("hvc1.1")], [true, true, false, false]);
  assert.deepEqual(asked, ['video/mp4; codecs="avc1.1"', 'video/mp4; codecs="hvc1.1"']);
  delete globalThis.MediaSource;
});

test("without MediaSource a video element is asked, and of an unknown codec nothing bad is thought", () => {
  installDocument({ createVideo: () => Object.assign(new FakeElement("video"), { canPlayType: (type) => (type.includes("mp4v") ? "" : "maybe") }) });
  assert.deepEqual([decodable("avc1.2"), decodable("mp4v.20.9"), decodable(undefined), decodable("")], [true, false, true, true]);
});

test("sound is told by its codec", () => {
  assert.deepEqual(["avc1.42c01f,mp4a.40.2", "mp4a.40.2", "hvc1.1, Opus"].map(heard), [true, true, true]);
  assert.deepEqual(["avc1.42c01f", "", undefined].map((codecs) => heard(codecs)), [false, false, false]);
});
