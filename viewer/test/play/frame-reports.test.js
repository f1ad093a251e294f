import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameReports } from "../../play/frame-reports.js";

/** Plays for so long, and is looked at four times a second. */
function play(reports, from, seconds, more) {
  for (let t = 0.25; t <= seconds; t += 0.25) reports.went((from + t) * 1000, { currentTime: from + t, seeking: false, ...more });
}

test("the playhead goes on for more than a second without a report: there will be none", () => {
  const reports = new FrameReports();
  reports.told(10_000, 10);
  play(reports, 10, 1);
  assert.equal(reports.silent, false);
  play(reports, 11, 0.25);
  assert.equal(reports.silent, true);
  reports.told(11_300, 11.3);
  assert.equal(reports.silent, false);
});

test("of a camera with few pictures reports are few", () => {
  const reports = new FrameReports();
  reports.told(10_000, 10);
  play(reports, 10, 1);
  reports.told(11_000, 11);
  play(reports, 11, 3);
  assert.equal(reports.silent, false);
  play(reports, 14, 0.25);
  assert.equal(reports.silent, true);
});

test("what stands, is moved, or slept, says nothing", () => {
  const reports = new FrameReports();
  reports.told(10_000, 10);
  for (let t = 0; t < 20; t++) reports.went(10_000 + 250 * t, { currentTime: 10, seeking: false });
  play(reports, 15, 3, { seeking: true });
  reports.restart();
  reports.went(60_000, { currentTime: 50, seeking: false });
  assert.equal(reports.silent, false);
});
