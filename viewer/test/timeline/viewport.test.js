import assert from "node:assert/strict";
import { test } from "node:test";
import { NARROWEST, OPENING, Viewport, contain, zoom } from "../../timeline/viewport.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const week = { start: 0, end: 7 * DAY };
const length = ({ start, end }) => end - start;

function near(actual, wanted) {
  assert.ok(Math.abs(actual - wanted) < 1, `${actual} is not ${wanted}`);
}

function port(bounds = week) {
  const p = new Viewport();
  p.update(bounds);
  p.fit();
  return p;
}

test("at first it is the last ten minutes, or as much as there is, which grows", () => {
  const p = new Viewport();
  p.update(week);
  assert.deepEqual([p.mode, p.range], ["edge", { start: week.end - OPENING, end: week.end }]);
  p.zoom(0.5, week.end);
  near(length(p.range), OPENING / 2);
  p.open();
  for (const [minutes, seen] of [[1, 1], [4, 4], [10, 10], [25, 10]]) {
    p.update({ start: 0, end: minutes * 60_000 });
    assert.deepEqual([p.mode, length(p.range)], ["edge", seen * 60_000]);
  }
});

test("37 s back are a drag that a hand can do, however long the window is", () => {
  const p = new Viewport();
  p.update({ start: 0, end: 14 * DAY });
  const pixels = (37_000 / length(p.range)) * 1440;
  assert.ok(pixels > 40 && pixels < 400, `${pixels} px`);
});

test("a zoom keeps the instant under the pointer where it is", () => {
  const view = { start: 2 * DAY, end: 3 * DAY };
  for (const share of [0.1, 0.5, 0.9]) {
    const anchor = view.start + share * DAY;
    const closer = zoom(view, 0.25, anchor, week);
    near(length(closer), DAY / 4);
    near(closer.start + share * length(closer), anchor);
    const back = zoom(closer, 4, anchor, week);
    near(back.start, view.start);
  }
});

test("zooming ends at a minute and at the whole window", () => {
  near(length(zoom({ start: 0, end: DAY }, 1e-9, HOUR, week)), NARROWEST);
  assert.deepEqual(zoom({ start: DAY, end: 2 * DAY }, 100, 1.5 * DAY, week), week);
  const young = { start: 0, end: 20_000 };
  assert.deepEqual(zoom(young, 0.1, 5000, young), young);
});

test("a view stays inside the window", () => {
  assert.deepEqual(contain({ start: -DAY, end: DAY }, week), { start: 0, end: 2 * DAY });
  assert.deepEqual(contain({ start: 6.5 * DAY, end: 8 * DAY }, week), { start: 5.5 * DAY, end: 7 * DAY });
  assert.deepEqual(contain({ start: -DAY, end: 30 * DAY }, week), week);
});

test("panning stops at both ends", () => {
  const p = port();
  p.zoom(1 / 7, 3.5 * DAY);
  p.pan(-100 * DAY);
  near(p.range.start, 0);
  assert.equal(p.mode, "free");
  p.pan(100 * DAY);
  near(p.range.end, 7 * DAY);
  assert.equal(p.mode, "edge");
  near(length(p.range), DAY);
});

test("all of the window grows with it, the edge stays the edge, a free view stands", () => {
  const later = { start: HOUR, end: 7 * DAY + HOUR };
  const all = port();
  all.update(later);
  assert.deepEqual(all.range, later);
  const edge = port();
  edge.zoom(1 / 7, 7 * DAY);
  edge.update(later);
  near(edge.range.end, later.end);
  near(length(edge.range), DAY);
  const free = port();
  free.zoom(1 / 7, 3 * DAY);
  const before = { ...free.range };
  free.update(later);
  assert.deepEqual(free.range, before);
});

test("what leaves the window leaves the view", () => {
  const p = port();
  p.zoom(1 / 7, 0);
  p.update({ start: 2 * HOUR, end: 7 * DAY + 2 * HOUR });
  near(p.range.start, 2 * HOUR);
  near(length(p.range), DAY);
});

test("the page turns when the playhead plays out of it, not when it jumps or was away", () => {
  const p = port();
  p.zoom(1 / 168, 3 * DAY);
  const { end } = p.range;
  p.update(week, end - 1000);
  p.update(week, end + 1000);
  assert.ok(p.shows(end + 1000) && p.range.start > end - HOUR / 4);
  const before = { ...p.range };
  p.update(week, before.end + 2 * HOUR);
  p.update(week, before.end + 2 * HOUR + 1000);
  assert.deepEqual(p.range, before);
});

test("an instant that is asked for comes into view, as large as before", () => {
  const p = port();
  p.zoom(1 / 7, 3 * DAY);
  const before = { ...p.range };
  p.reveal(p.range.start + HOUR);
  assert.deepEqual(p.range, before);
  p.reveal(6 * DAY);
  near(p.range.start, 5.5 * DAY);
  p.reveal(7 * DAY);
  assert.equal(p.mode, "edge");
});

test("two fingers hold their instants", () => {
  const p = port();
  p.stretch(2 * DAY, 0.2, 3 * DAY, 0.8);
  near(p.range.start + 0.2 * length(p.range), 2 * DAY);
  near(p.range.start + 0.8 * length(p.range), 3 * DAY);
  const before = { ...p.range };
  p.stretch(2 * DAY, 0.5, 3 * DAY, 0.5);
  p.stretch(2 * DAY, 0.8, 3 * DAY, 0.2);
  assert.deepEqual(p.range, before);
  p.fit();
  assert.equal(p.mode, "all");
});
