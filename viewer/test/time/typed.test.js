import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCEPTED, parseTyped } from "../../time/typed.js";
import { berlin, newYork, utc } from "../fakes/zones.js";

const NOW = Date.parse("2026-11-22T21:54:01Z"); // a Sunday

function says(text, now = NOW, zone = utc) {
  const meant = parseTyped(text, now, zone);
  return meant?.at === undefined ? meant : new Date(meant.at).toISOString().replace(/\.000Z$/, "Z");
}

const cases = [
  ["14:05", "2026-11-22T14:05:00Z"],
  [" 14:05:30 ", "2026-11-22T14:05:30Z"],
  ["14.05", "2026-11-22T14:05:00Z"],
  ["23:10", "2026-11-21T23:10:00Z"], // not yet today
  ["2:05 pm", "2026-11-22T14:05:00Z"],
  ["2PM", "2026-11-22T14:00:00Z"],
  ["12:30 am", "2026-11-22T00:30:00Z"],
  ["12 pm", "2026-11-22T12:00:00Z"],
  ["2026-11-22 14:05", "2026-11-22T14:05:00Z"],
  ["2026-11-22T14:05:30", "2026-11-22T14:05:30Z"],
  ["2026-11-20", "2026-11-20T00:00:00Z"],
  ["2026-11-22T14:05:30Z", "2026-11-22T14:05:30Z"],
  ["2026-11-22 14:05+01:00", "2026-11-22T13:05:00Z"],
  ["2026-11-22T14:05:30.250-0500", "2026-11-22T19:05:30.250Z"],
  ["20.11. 14:05", "2026-11-20T14:05:00Z"],
  ["24.12. 18:00", "2025-12-24T18:00:00Z"],
  ["20.11.2026 14:05", "2026-11-20T14:05:00Z"],
  ["yesterday 14:05", "2026-11-21T14:05:00Z"],
  ["Yesterday", "2026-11-21T00:00:00Z"],
  ["today 9:00", "2026-11-22T09:00:00Z"],
  ["fri 14:05", "2026-11-20T14:05:00Z"],
  ["Sunday 14:05", "2026-11-22T14:05:00Z"],
  ["sun 23:00", "2026-11-15T23:00:00Z"],
  ["-10m", "2026-11-22T21:44:01Z"],
  ["- 90 s", "2026-11-22T21:52:31Z"],
  ["−1h30m", "2026-11-22T20:24:01Z"],
  ["-1.5 h", "2026-11-22T20:24:01Z"],
  ["10 minutes ago", "2026-11-22T21:44:01Z"],
  ["2d ago", "2026-11-20T21:54:01Z"],
];

for (const [text, want] of cases) test(`“${text}”`, () => assert.equal(says(text), want));

test("now is live", () => {
  for (const text of ["now", "Live"]) assert.deepEqual(parseTyped(text, NOW, utc), { live: true });
});

test("what is no time is none", () => {
  const not = ["", "25:00", "14:61", "14:05:99", "14", "13 pm", "0 am", "2026-13-01", "2026-02-30 10:00", "2026-02-30T10:00Z", "31.2. 10:00", "soon", "su 10:00", "-10", "-10 apples", "ago", "yesterday 25:00", "10 11", "14:05 yesterday maybe"];
  for (const text of not) assert.equal(parseTyped(text, NOW, utc), null, text);
});

test("the message names what is really accepted", () => {
  const examples = ACCEPTED.replace(/^Try | or |\.$/g, ", ").split(", ").filter(Boolean);
  assert.ok(examples.length >= 5);
  for (const text of examples) assert.ok(parseTyped(text, NOW, utc), text);
});

test("days are the reader's", () => {
  assert.equal(says("00:30", Date.parse("2026-11-22T23:10:00Z"), berlin), "2026-11-21T23:30:00Z");
  assert.equal(says("yesterday 14:05", NOW, newYork), "2026-11-21T19:05:00Z");
});

test("an hour that happens twice: the last one there was", () => {
  assert.equal(says("02:30", Date.parse("2026-10-25T00:45:00Z"), berlin), "2026-10-25T00:30:00Z");
  assert.equal(says("02:30", Date.parse("2026-10-25T09:00:00Z"), berlin), "2026-10-25T01:30:00Z");
});

test("an hour that is left out is the one after it", () => {
  assert.equal(says("2026-03-29 02:30", NOW, berlin), "2026-03-29T01:30:00Z");
  assert.equal(says("02:30", Date.parse("2026-03-29T10:00:00Z"), berlin), "2026-03-29T01:30:00Z");
});
