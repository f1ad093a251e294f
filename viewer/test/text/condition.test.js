import assert from "node:assert/strict";
import { test } from "node:test";
import { condition } from "../../text/condition.js";
import { badge, notice } from "../../text/page.js";
import { tileWords } from "../../text/tile.js";
import { camera } from "../fakes/fetch.js";

const now = Date.parse("2026-11-22T21:54:00Z");

/** A camera whose link fails for a reason. */
function failing(code, state, reported, more) {
  const reason = { code: `${code}-code`, title: `${code} fails`, advice: "Look at it" };
  return camera("front", { state, reason, health: [{ code, severity: "error", reported, state: "failing", reason }], ...more });
}
const all = (c) => {
  const { title, advice } = notice(c.state, c, null, now);
  return [condition(c), badge(c.state, c), title, advice, tileWords(c, { now, at: null, shown: null, behind: null, decodable: true, reachable: true }).mark];
};

test("a camera that sends nothing is away", () => {
  const [what, mark, title] = all(failing("source", "away", true));
  assert.deepEqual([what, mark], ["away", "Away"]);
  assert.match(title, /^The camera is away since /);
});

test("a camera whose pictures are always the same is frozen, on its own page too, and never live before that is reported", () => {
  const frozen = (reported) => camera("front", { health: [{ code: "motion", severity: "warning", reported, state: "failing", reason: { code: "frozen", title: "The picture is frozen", advice: "" } }] });
  assert.deepEqual([condition(frozen(true)), badge("live", frozen(true)), badge("rewound", frozen(true))], ["frozen", "Frozen", "Replay"]);
  assert.deepEqual([condition(frozen(false)), badge("live", frozen(false)), badge("rewound", frozen(false))], ["unchanged", "Unchanged", "Replay"]);
});

test("where the disk is full, the disk is full, and not the camera away", () => {
  const [what, mark, title, advice, tile] = all(failing("segments", "away", true));
  assert.deepEqual([what, mark, advice, tile], ["halted", "Not recorded", "Look at it.", "Not recorded"]);
  assert.match(title, /^segments fails, since /);
});

test("a wrong address is waited for only as long as health has patience", () => {
  assert.deepEqual(all(failing("source", "starting", false, { window: null })), ["starting", "Starting", "Waiting for the camera’s first picture", "source fails. Look at it.", "Starting"]);
  assert.deepEqual(all(failing("source", "starting", true, { window: null })), ["absent", "No picture", "source fails", "Look at it.", "No picture"]);
});

test("after a restart the picture that is waited for is not the first", () => {
  assert.equal(notice("starting", camera("front", { state: "starting" }), null, now).title, "Waiting for the camera’s picture");
  assert.equal(notice("starting", camera("front", { state: "starting", window: null }), null, now).title, "Waiting for the camera’s first picture");
  assert.equal(tileWords(camera("front", { state: "starting" }), { now, at: null, shown: null, behind: null, decodable: true, reachable: true }).line, "Waiting for its picture");
});

test("what lives or has ended is called so", () => {
  assert.deepEqual(["live", "ended"].map((state) => condition(camera("front", { state }))), ["live", "ended"]);
});
