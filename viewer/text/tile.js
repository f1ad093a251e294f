// What a camera's tile says, in words and in how it looks. Pure; times in ms since 1970.

import { codecName } from "../browser/codecs.js";
import { clockTime, instant } from "../time/format.js";
import { span } from "./span.js";
import { words } from "./words.js";

/** A picture of a live camera is old when it is older than this and what its key frames are apart: ms. */
const OLD = 12_000;

/**
 * @typedef {import("../server/json.js").Camera} Camera
 *
 * @typedef {object} TileWords
 * @property {"live"|"playing"|"waiting"|"then"|"old"|"away"|"ended"|"none"} look
 * @property {string} mark beside the title
 * @property {string} line in the middle, when there is something to say
 */

/**
 * @param {Camera} camera
 * @param {object} seen
 * @param {number} seen.now
 * @param {number|null} seen.at the instant that is looked at; null: now
 * @param {number|null} seen.shown of when the picture on the tile is; null: there is none
 * @param {boolean} seen.playing it moves
 * @param {boolean} seen.decodable this browser can show it
 * @param {boolean} seen.reachable the API answers
 * @returns {TileWords}
 */
export function tileWords(camera, seen) {
  const { now, at, shown, playing, decodable, reachable } = seen;
  const say = words().tile;
  const blind = decodable ? "" : words().blind(codecName(camera.video?.codecs ?? ""));
  if (at !== null) return then(camera, shown, blind);
  if (playing) return { look: "playing", mark: say.live, line: "" };
  if (!reachable) return { look: "old", mark: shown === null ? say.offline : ago(shown, now), line: "" };
  if (camera.state === "away") return { look: "away", mark: say.away, line: away(camera, now) };
  if (camera.state === "ended") return { look: "ended", mark: say.ended, line: say.endedLine };
  if (camera.state === "starting") return { look: "away", mark: say.starting, line: camera.reason?.title ?? say.startingLine };
  if (blind) return { look: "none", mark: say.live, line: blind };
  if (shown === null) return { look: "waiting", mark: say.live, line: "" };
  if (now - shown > OLD + (camera.live?.target_duration_seconds ?? 0) * 1000) return { look: "old", mark: ago(shown, now), line: "" };
  return { look: "live", mark: say.live, line: "" };
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

const ago = (shown, now) => words().ago(span((now - shown) / 1000));

function away({ since, reason }, now) {
  const from = since ? words().tile.awaySince(instant(Date.parse(since), now)) : words().tile.away;
  return reason ? `${from}\n${reason.title}` : from;
}

/**
 * In one line: "3 live, 1 away, 1 ended".
 * @param {Camera[]} cameras
 */
export function summary(cameras) {
  const count = (/** @type {string[]} */ ...states) => cameras.filter((c) => states.includes(c.state)).length;
  const gone = count("away", "starting");
  const ended = count("ended");
  const say = words().count;
  return [say.live(count("live")), gone && say.away(gone), ended && say.ended(ended)].filter(Boolean).join(", ");
}
