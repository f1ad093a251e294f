// What a camera's tile says, in words and in how it looks. Pure; times in ms since 1970.

import { codecName } from "../browser/codecs.js";
import { clockTime, instant } from "../time/format.js";
import { condition, stands } from "./condition.js";
import { latency, span } from "./span.js";
import { words } from "./words.js";

/** A picture of a live camera is old when it is older than this and what its key frames are apart: ms. */
const OLD = 12_000;
/** What moves is live as long as it is at most so far behind: s. */
const LIVE_BEHIND = 2;

/**
 * @typedef {import("../server/json.js").Camera} Camera
 *
 * @typedef {object} TileWords
 * @property {"live"|"late"|"frozen"|"still"|"waiting"|"then"|"old"|"away"|"ended"|"none"} look live: it moves, and is at most 2 s behind
 * @property {string} mark beside the title
 * @property {string} line in the middle, when there is something to say
 * @property {string} [warning] what is wrong although there are pictures
 */

/**
 * @param {Camera} camera
 * @param {object} seen
 * @param {number} seen.now
 * @param {number|null} seen.at the instant that is looked at; null: now
 * @param {number|null} seen.shown of when the picture on the tile is; null: there is none
 * @param {number|null} seen.behind it moves, so far behind the camera: s; null: it is a still
 * @param {boolean} seen.decodable this browser can show it
 * @param {boolean} seen.reachable the API answers
 * @returns {TileWords}
 */
export function tileWords(camera, seen) {
  const { now, at, shown, behind, decodable, reachable } = seen;
  const say = words().tile;
  const blind = decodable ? "" : words().blind(codecName(camera.video?.codecs ?? ""));
  if (at !== null) return then(camera, shown, blind);
  const warning = camera.state === "live" ? (wrong(camera)?.reason?.title ?? "") : "";
  if (behind !== null) return { ...moving(camera, behind), line: "", warning };
  if (!reachable) return { look: "old", mark: shown === null ? say.offline : ago(shown, now), line: "" };
  const why = condition(camera);
  if (why === "halted" || why === "absent") return { look: "away", mark: words().badge[why], line: camera.reason?.title ?? "" };
  if (camera.state === "away") return { look: "away", mark: say.away, line: away(camera, now) };
  if (camera.state === "ended") return { look: "ended", mark: say.ended, line: say.endedLine };
  if (camera.state === "starting") return { look: "away", mark: say.starting, line: camera.reason?.title ?? (why === "again" ? say.againLine : say.startingLine) };
  if (blind) return { look: "none", mark: "", line: blind, warning };
  if (shown === null) return { look: "waiting", mark: "", line: "", warning };
  const old = now - shown > OLD + (camera.live?.target_duration_seconds ?? 0) * 1000;
  if (why === "frozen") return { look: "frozen", mark: words().badge[why], line: "", warning };
  return { look: old ? "old" : "still", mark: ago(shown, now), line: "", warning };
}

/** What is said of a picture that moves. */
function moving(camera, behind) {
  const say = words().tile;
  if (stands(camera)) return { look: /** @type {const} */ ("frozen"), mark: words().badge[condition(camera)] };
  if (behind > LIVE_BEHIND) return { look: /** @type {const} */ ("late"), mark: words().late(latency(behind)) };
  return { look: /** @type {const} */ ("live"), mark: say.live };
}

/**
 * The first link of its health that is told as failing; an error before a warning.
 * @param {Camera} camera
 */
function wrong({ health }) {
  const failing = (health ?? []).filter((link) => link.reported && link.reason);
  return failing.find((link) => link.severity === "error") ?? failing[0] ?? null;
}

/**
 * @param {Camera} camera
 * @param {number|null} shown ms
 * @param {string} blind what is to be said of a picture that can't be shown
 * @returns {TileWords}
 */
function then(camera, shown, blind) {
  if (!camera.picture) return { look: "none", mark: "", line: words().tile.nothing };
  if (blind) return { look: "none", mark: "", line: blind };
  return { look: shown === null ? "waiting" : "then", mark: shown === null ? "" : clockTime(shown), line: "" };
}

const ago = (shown, now) => words().ago(span(Math.max(0, (now - shown) / 1000)));

function away({ since, reason }, now) {
  const from = since ? words().tile.awaySince(instant(Date.parse(since), now)) : words().tile.away;
  return reason ? `${from}\n${reason.title}` : from;
}

/**
 * In one line: "3 recording, 1 away, 1 ended". Of cameras, and not of tiles: what is live is what a tile shows to move.
 * @param {Camera[]} cameras
 */
export function summary(cameras) {
  const count = (/** @type {string[]} */ ...states) => cameras.filter((c) => states.includes(c.state)).length;
  const gone = count("away", "starting");
  const ended = count("ended");
  const frozen = cameras.filter((c) => condition(c) === "frozen").length;
  const say = words().count;
  return [say.recording(count("live") - frozen), frozen && say.frozen(frozen), gone && say.away(gone), ended && say.ended(ended)].filter(Boolean).join(", ");
}
