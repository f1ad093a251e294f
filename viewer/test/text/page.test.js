import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, details, distance, elsewhere, stillToCome, notice, trouble, nobody } from "../../text/page.js";

const now = new Date(2026, 10, 22, 21, 54, 10).getTime();

test("another instant than the one asked for is told", () => {
  const at = (minutes) => now - minutes * 60_000;
  const kept = { start: at(120), now };
  assert.match(elsewhere(at(10), at(5), kept), /^Nothing was recorded at 21:44:10\. This is the next picture, from 21:49:10\.$/);
  assert.match(elsewhere(at(180), at(120), kept), /^18:54:10 is longer ago than is kept\. .* 19:54:10\.$/);
  assert.match(elsewhere(at(10), at(15), kept), /last picture before, from 21:39:10/);
  assert.match(stillToCome(at(-5), now), /still to come\. This is live/);
  assert.match(elsewhere(at(5), null, kept), /from 21:49:10 on\. This is live/);
});

test("of what is wrong the gravest is told, once it is told at all", () => {
  const link = (code, severity, more) => ({ code, severity, state: "failing", reported: true, reason: { code, title: `Trouble with ${code}`, advice: "Do something." }, ...more });
  const all = [link("source", "error", { reported: false }), link("pace", "warning"), link("segments", "error"), link("clock", "error")];
  assert.equal(trouble(null), null);
  assert.equal(trouble({ state: "live", reason: null }), null);
  assert.equal(trouble({ reason: null, health: [all[0], { code: "ffmpeg", state: "ok", reported: false, reason: null }] }), null);
  assert.deepEqual(trouble({ reason: null, health: all }), { severity: "error", text: "Trouble with segments. Do something." });
  assert.equal(trouble({ reason: null, health: all.slice(0, 2) }).severity, "warning");
  // The notice over the picture says that already.
  assert.equal(trouble({ reason: { code: "segments" }, health: all }).text, "Trouble with clock. Do something.");
});

test("bytes as disks are sold", () => {
  for (const [n, text] of [[0, "0 B"], [999, "999 B"], [1900, "1.9 kB"], [999_600, "1.0 MB"], [1_936_000_000, "1.9 GB"], [24e9, "24 GB"], [3e15, "3000 TB"]]) assert.equal(bytes(n), text);
});

test("details tell what is known and nothing else", () => {
  assert.deepEqual(details(null, now), []);
  assert.deepEqual(details({ name: "front", video: null, window: null, live: null, plan: "copying H.264" }, now), [["Treatment", "Copying H.264"]]);
  const plan = { plan: "copying H.264 1920x1080 at 25 fps; key frame every 4s, so segments are 4s", plan_reasons: ["Browsers play its H.264 as it is", "It has B-frames."] };
  assert.deepEqual(details(plan, now), [
    ["Treatment", "Copying H.264 1920x1080 at 25 fps; key frame every 4s, so segments are 4s"],
    ["Why", "Browsers play its H.264 as it is.\nIt has B-frames."],
  ]);
  assert.deepEqual(details({ plan: "", plan_reasons: [] }, now), []);
  const kept = { start: new Date(now - 7_200_000).toISOString(), seconds: 7200, bytes: 3.8e9, bytes_per_hour: 1.9e9 };
  assert.deepEqual(details({ window: kept }, now), [["Kept", "since 19:54:10: 2 h, 3.8 GB"], ["Disk", "1.9 GB an hour"]]);
  const sentence = "1.9 GB an hour; at this rate 61 h fit.";
  assert.deepEqual(details({ window: kept, forecast: { sentence } }, now)[1], ["Disk", sentence]);
});

test("the distance tells latency or age", () => {
  assert.equal(distance("live", 0.316), "0.32 s behind the camera");
  assert.equal(distance("rewound", 192), "3 min 12 s ago");
  assert.equal(distance("away", 192), "last picture 3 min 12 s ago");
  assert.equal(distance("stalled", 192), "3 min 12 s ago");
  assert.equal(distance("connecting", 192), "");
  assert.equal(distance("live", null), "");
  assert.equal(distance("live", 5.1, { tooSlow: null }), "5 s behind: slow connection");
  assert.equal(distance("live", 5.1, { tooSlow: null, crowded: true }), "5 s behind: other windows play too");
  const tooSlow = { has: 1.58e6, needs: 4.1e6 };
  assert.equal(distance("behind", 2.4, { tooSlow }), "2 s old, connection too slow: 1.6 of 4.1 Mbit/s");
  assert.equal(distance("behind", 2.4, { tooSlow: { has: 0.28e6, needs: 0.341e6 } }), "2 s old, connection too slow: 0.28 of 0.34 Mbit/s");
  assert.equal(distance("behind", 2.4, { tooSlow: { has: 4.08e6, needs: 4.12e6 } }), "2 s old, connection too slow: 4.08 of 4.12 Mbit/s");
  assert.equal(distance("stalled", null, { tooSlow }), "connection too slow: 1.6 of 4.1 Mbit/s");
  assert.equal(distance("connecting", 192, { tooSlow }), "connection too slow: 1.6 of 4.1 Mbit/s"); // 192 s is what the picture of before is
  for (const state of ["rewound", "stalled"]) assert.equal(distance(state, 192, { tooSlow, past: true }), "3 min 12 s ago, connection too slow: 1.6 of 4.1 Mbit/s");
  assert.equal(distance("paused", 192, { tooSlow, past: true }), "3 min 12 s ago"); // nothing is to come
  assert.equal(distance("away", 192, { tooSlow: { has: 1, needs: 2 } }), "last picture 3 min 12 s ago");
});

test("a camera that is away: since when, why, and what to do", () => {
  const camera = { since: new Date(now - 5000).toISOString(), reason: { title: "The camera refuses the connection", advice: "Is it switched on?" } };
  assert.deepEqual(notice("away", camera, null, now), {
    title: "The camera is away since 21:54:05",
    advice: "The camera refuses the connection. Is it switched on?",
  });
  assert.deepEqual(notice("ended", { state: "ended", window: { end: "2026-11-22T21:54:05Z" } }, null, now), {
    title: "This camera is no longer recorded",
    advice: "What was recorded is on the timeline until it has grown old. “controller rename” gives it to another camera, “controller remove” deletes it. Its last picture is from 21:54:05.",
  });
  assert.equal(notice("away", { since: camera.since, reason: null }, null, now).advice, "");
});

test("who doesn't answer is named", () => {
  assert.match(notice("unreachable", null, "controller", now).title, /controller/);
  assert.match(notice("unreachable", null, "server", now).title, /server/);
  assert.deepEqual([true, false].map((seen) => notice("error", { state: "live" }, null, now, null, seen).title), ["The picture was lost", "The picture doesn’t come"]);
});

test("while the picture moves nothing lies over it", () => {
  for (const state of ["live", "behind", "rewound", "paused", "stalled", "connecting"]) assert.equal(notice(state, null, null, now), null);
});

test("a picture that this browser can’t show is no trouble of the camera’s", () => {
  assert.equal(notice("error", { state: "live" }, null, now, "H.265").title, "This browser can’t show H.265");
  assert.equal(notice("away", { state: "away" }, null, now, "H.265").title, "The camera is away");
  assert.equal(notice("live", { state: "live" }, null, now, "H.265"), null);
});

test("a history that the disk ends early is told, quietly, and behind what is wrong", () => {
  const camera = { state: "live", health: [], forecast: { hours_fit: 61, bound_by: "DISK_RESERVE", sentence: "" } };
  assert.deepEqual(trouble(camera), { severity: "note", text: "The disk ends the history early: about 2 d 13 h fit on it (DISK_RESERVE)." });
  assert.equal(trouble({ ...camera, forecast: { ...camera.forecast, bound_by: "WINDOW" } }), null);
  const link = { severity: "warning", reported: true, reason: { code: "overload", title: "Too slow", advice: "" } };
  assert.equal(trouble({ ...camera, health: [link] }).text, "Too slow.");
});

test("who answers instead of the controller is told with a reload", () => {
  assert.deepEqual([nobody("login").title, nobody("login").reload], ["Something in between wants you to log in again", true]);
  assert.equal(notice("stalled", null, null, now, null, true, 404)?.title, "The pictures are not at this address (404)"); // the API does answer
  for (const status of [401, 403, 404, 418]) assert.ok(nobody(status).title.endsWith(`(${status})`) && nobody(status).reload, String(status));
  assert.equal(nobody("controller").reload, undefined);
});
