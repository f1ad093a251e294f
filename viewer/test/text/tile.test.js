import assert from "node:assert/strict";
import { test } from "node:test";
import { codecName } from "../../browser/codecs.js";
import { summary, tileWords } from "../../text/tile.js";

const now = new Date(2026, 10, 22, 21, 54, 10).getTime();
const seconds = (n) => now - n * 1000;
const live = { name: "front", state: "live", since: new Date(seconds(60)).toISOString(), reason: null, health: [], live: { target_duration_seconds: 2 }, video: { codecs: "avc1.42c01f" }, picture: { at: "…" } };
const seen = { now, at: null, shown: seconds(4), behind: null, decodable: true, reachable: true };

const frozen = { ...live, health: [{ code: "motion", severity: "warning", reported: true, reason: { code: "frozen", title: "The picture is frozen", advice: "" } }] };

test("a still tells its age and is never called live", () => {
  assert.deepEqual(tileWords(live, seen), { look: "still", mark: "4 s ago", line: "", warning: "" });
  assert.deepEqual(tileWords(live, { ...seen, shown: seconds(0.2) }), { look: "still", mark: "0 s ago", line: "", warning: "" });
  assert.deepEqual(tileWords(live, { ...seen, shown: null }), { look: "waiting", mark: "", line: "", warning: "" });
  assert.equal(tileWords(live, { ...seen, shown: seconds(13) }).look, "still");
  assert.equal(tileWords(live, { ...seen, shown: seconds(75) }).look, "old");
  assert.equal(tileWords({ ...live, live: { target_duration_seconds: 12 } }, { ...seen, shown: seconds(20) }).look, "still"); // key frames far apart
  assert.deepEqual(tileWords(live, { ...seen, reachable: false }), { look: "old", mark: "4 s ago", line: "" });
  assert.equal(tileWords(live, { ...seen, reachable: false, shown: null }).mark, "Offline");
});

test("what moves is live while it is at most two seconds behind", () => {
  assert.deepEqual(tileWords(live, { ...seen, shown: seconds(75), behind: 0.4 }), { look: "live", mark: "Live", line: "", warning: "" });
  assert.equal(tileWords(live, { ...seen, behind: 2 }).look, "live");
  assert.deepEqual(tileWords(live, { ...seen, behind: 2.6 }), { look: "late", mark: "2.60 s behind", line: "", warning: "" });
});

test("a camera that is known to be frozen is not live, and a tile tells its warnings", () => {
  assert.deepEqual(tileWords(frozen, { ...seen, behind: 0.3 }), { look: "frozen", mark: "Frozen", line: "", warning: "The picture is frozen" });
  assert.equal(tileWords(frozen, seen).look, "frozen");
  const clock = { ...live, health: [{ ...frozen.health[0], code: "clock", reason: { code: "clock-jump", title: "The clock jumped", advice: "" } }] };
  assert.deepEqual(tileWords(clock, { ...seen, behind: 0.3 }), { look: "live", mark: "Live", line: "", warning: "The clock jumped" });
  clock.health[0].reported = false;
  assert.equal(tileWords(clock, { ...seen, behind: 0.3 }).warning, "");
  assert.equal(summary([live, frozen]), "1 recording, 1 frozen");
  const unchanged = { ...live, health: [{ ...frozen.health[0], state: "failing", reported: false }] };
  assert.deepEqual(tileWords(unchanged, { ...seen, behind: 0.3 }), { look: "frozen", mark: "Unchanged", line: "", warning: "" });
  assert.equal(tileWords(unchanged, seen).look, "still");
});

test("only what moves is ever green", () => {
  for (const state of ["live", "away", "starting", "ended"]) {
    for (const more of [{}, { shown: null }, { at: seconds(60) }, { reachable: false }, { decodable: false }, { behind: 2.1 }, { shown: seconds(0) }]) {
      const { look, mark } = tileWords({ ...live, state }, { ...seen, ...more });
      assert.ok(look !== "live" && mark !== "Live", `${state} ${JSON.stringify(more)}`);
    }
  }
});

test("a camera that is away says since when and why", () => {
  const away = { ...live, state: "away", reason: { title: "The camera refuses the connection" } };
  assert.deepEqual(tileWords(away, { ...seen, shown: seconds(60) }), { look: "away", mark: "Away", line: "Away since 21:53:10\nThe camera refuses the connection" });
  assert.equal(tileWords({ ...away, reason: null }, seen).line, "Away since 21:53:10");
  assert.deepEqual(tileWords({ ...live, state: "ended", live: null, health: [] }, { ...seen, shown: seconds(60) }), { look: "ended", mark: "Ended", line: "No longer recorded" });
  const starting = { ...away, state: "starting", picture: null };
  assert.deepEqual(tileWords(starting, { ...seen, shown: null }), { look: "away", mark: "Starting", line: "The camera refuses the connection" });
  assert.equal(tileWords({ ...starting, reason: null }, { ...seen, shown: null }).line, "Waiting for its first picture");
});

test("what this browser can’t show is named", () => {
  const h265 = { ...live, video: { codecs: "hvc1.1.6.L93.B0" } };
  assert.deepEqual(tileWords(h265, { ...seen, shown: null, decodable: false }), { look: "none", mark: "", line: "This browser can’t show H.265", warning: "" });
  assert.equal(tileWords(h265, { ...seen, at: seconds(600), shown: null, decodable: false }).line, "This browser can’t show H.265");
  assert.equal(codecName("avc1.42c01f,mp4a.40.2"), "H.264");
  assert.equal(codecName("vp09.00"), "vp09.00");
});

test("of another instant a tile tells which picture it has", () => {
  const then = { ...seen, at: seconds(600), shown: seconds(601) };
  assert.deepEqual(tileWords(live, then), { look: "then", mark: "21:44:09", line: "" });
  assert.equal(tileWords({ ...live, state: "away" }, then).look, "then");
  assert.equal(tileWords(live, { ...then, shown: null }).look, "waiting");
  assert.deepEqual(tileWords({ ...live, picture: null }, then), { look: "none", mark: "", line: "Nothing recorded then" });
});

test("in one line", () => {
  assert.equal(summary([live]), "1 recording");
  assert.equal(summary([live, live, { state: "away" }, { state: "starting" }]), "2 recording, 2 away");
  assert.equal(summary([live, { state: "ended" }]), "1 recording, 1 ended");
});
