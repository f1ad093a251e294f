// What a camera's tile says, in words and in how it looks. Pure; times in ms since 1970.

import { clockTime, instant, span } from "./format.js";

/** A picture of a live camera is old when it is older than this and what its key frames are apart: ms. */
const OLD = 12_000;

const NAMES = { avc1: "H.264", avc3: "H.264", hvc1: "H.265", hev1: "H.265", av01: "AV1", mp4v: "MPEG-4" };

/** What people call a codec: "H.265" for "hvc1.1.6.L93.B0". */
export function codecName(codecs) {
  const first = codecs.split(",")[0].trim();
  return NAMES[first.slice(0, 4)] ?? first;
}

/**
 * @param {object} camera as the API describes it
 * @param {object} seen
 * @param {number} seen.now
 * @param {number|null} seen.at the instant that is looked at; null: now
 * @param {number|null} seen.shown of when the picture on the tile is; null: there is none
 * @param {boolean} seen.playing it moves
 * @param {boolean} seen.decodable this browser can show it
 * @param {boolean} seen.reachable the API answers
 * @returns {{look: "live"|"playing"|"waiting"|"then"|"old"|"away"|"none", mark: string, line: string}}
 *   mark: beside the title; line: in the middle, when there is something to say
 */
export function tileWords(camera, seen) {
  const { now, at, shown, playing, decodable, reachable } = seen;
  const blind = decodable ? "" : `This browser can’t show ${codecName(camera.video?.codecs ?? "")}`;
  if (at !== null) return then(camera, shown, blind);
  if (playing) return { look: "playing", mark: "Live", line: "" };
  if (!reachable) return { look: "old", mark: shown === null ? "Offline" : ago(shown, now), line: "" };
  if (camera.state === "away") return { look: "away", mark: "Away", line: away(camera, now) };
  if (camera.state === "starting") return { look: "away", mark: "Starting", line: camera.reason?.title ?? "Waiting for its first picture" };
  if (blind) return { look: "none", mark: "Live", line: blind };
  if (shown === null) return { look: "waiting", mark: "Live", line: "" };
  if (now - shown > OLD + (camera.live?.target_duration_seconds ?? 0) * 1000) return { look: "old", mark: ago(shown, now), line: "" };
  return { look: "live", mark: "Live", line: "" };
}

function then(camera, shown, blind) {
  if (!camera.picture) return { look: "none", mark: "", line: "Nothing recorded then" };
  if (blind) return { look: "none", mark: "", line: blind };
  return { look: shown === null ? "waiting" : "then", mark: shown === null ? "" : clockTime(shown), line: "" };
}

const ago = (shown, now) => `${span((now - shown) / 1000)} ago`;

function away({ since, reason }, now) {
  const from = since ? `Away since ${instant(Date.parse(since), now)}` : "Away";
  return reason ? `${from}\n${reason.title}` : from;
}

/** In one line: "3 live, 1 away". */
export function summary(cameras) {
  const live = cameras.filter((c) => c.state === "live").length;
  const rest = cameras.length - live;
  return rest ? `${live} live, ${rest} away` : `${live} live`;
}
