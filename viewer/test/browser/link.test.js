import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERVIEW, formatLink, parseLink } from "../../browser/link.js";

const T = Date.parse("2026-11-22T21:54:01Z");

test("links round-trip", () => {
  assert.deepEqual(parseLink(formatLink("front")), { camera: "front", at: null, paused: false, wrong: null });
  assert.equal(formatLink("front-door", T + 345), "#front-door@2026-11-22T21:54:01.345Z");
  assert.deepEqual(parseLink("#front-door@2026-11-22T21:54:01Z"), { camera: "front-door", at: T, paused: false, wrong: null });
  assert.deepEqual(parseLink("#front@2026-11-22T22%3A54%3A01%2B01:00"), { camera: "front", at: T, paused: false, wrong: null });
});

test("what is no link is no camera", () => {
  for (const hash of ["", "#", "#@2026-11-22T21:54:01Z"]) assert.deepEqual(parseLink(hash), { camera: null, at: null, paused: false, wrong: null }, hash);
  for (const name of ["Front", "../etc", "%", "a b", "x".repeat(33)]) {
    assert.deepEqual(parseLink(`#${name}`), { camera: null, at: null, paused: false, wrong: { camera: name } }, name);
  }
  assert.deepEqual(parseLink("#front@yesterday"), { camera: "front", at: null, paused: false, wrong: { time: "yesterday" } });
});

test("the overview has links of its own, which no camera can have", () => {
  assert.deepEqual(parseLink("#Overview"), { camera: OVERVIEW, at: null, paused: false, wrong: null });
  const at = Date.UTC(2026, 10, 22, 21, 54, 1);
  assert.equal(formatLink(OVERVIEW, at), "#Overview@2026-11-22T21:54:01Z");
  assert.deepEqual(parseLink("#Overview@2026-11-22T21:54:01Z"), { camera: OVERVIEW, at, paused: false, wrong: null });
  assert.deepEqual(parseLink("#overview"), { camera: "overview", at: null, paused: false, wrong: null });
  assert.equal(parseLink("#OVERVIEW").camera, null);
});

test("a link keeps the thousandth, and that the picture stands", () => {
  assert.equal(formatLink("front", T + 345.9, true), "#front@2026-11-22T21:54:01.345Z&paused");
  assert.deepEqual(parseLink("#front@2026-11-22T21:54:01.345Z&paused"), { camera: "front", at: T + 345, paused: true, wrong: null });
  assert.equal(formatLink("front", null, true), "#front");
  assert.deepEqual(parseLink("#front@never&paused"), { camera: "front", at: null, paused: false, wrong: { time: "never" } });
});
