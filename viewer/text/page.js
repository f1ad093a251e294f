// What the page says, in plain words. Pure.

import { exactly, instant, latency, span, zoneLabel } from "../time/format.js";

/** @typedef {import("../server/json.js").Camera} Camera */

/** The badge for each state of state.js. */
export const BADGE = /** @type {Record<string, string>} */ ({
  connecting: "Connecting",
  live: "Live",
  behind: "Behind",
  rewound: "Replay",
  paused: "Paused",
  stalled: "Stalled",
  away: "Away",
  starting: "Starting",
  ended: "Ended",
  unreachable: "Offline",
  error: "Reconnecting",
});

/**
 * What a zone is, for the switch beside the clock.
 * @param {"local"|"utc"|"camera"} kind
 * @param {string} name of the camera's zone
 */
export function zoneName(kind, name) {
  return { local: "Time of this device", utc: "Universal time (UTC)", camera: `Time of the camera (${name})` }[kind];
}

/** What may be typed as a time: examples that are all understood. */
export const ACCEPTED = "Try 14:05, yesterday 14:05, mon 2 pm, 2026-11-22 14:05:30, 8:30 UTC, 10m, +30s, or paste a time or a link.";

/** @param {string} typed */
export const NOT_UNDERSTOOD = (typed) => `“${typed}” is no time that this page knows. ${ACCEPTED}`;

/**
 * What was understood of something that is being typed.
 * @param {number|null} at ms; null: live
 * @param {number} now ms
 */
export const understood = (at, now) => (at === null ? "= live" : at > now ? stillToCome(at, now) : `= ${exactly(at, now)} ${zoneLabel(at)}, ${span((now - at) / 1000)} ago`);

/** What was wrong with the picture, by the API's kinds of flaws. */
export const FLAW = {
  standstill: "no new picture came",
  late: "pictures came late",
  sparse: "few pictures came",
};

/**
 * How far from now, for the line beside the clock.
 * @param {string} state
 * @param {number|null} seconds
 */
export function distance(state, seconds) {
  if (seconds === null) return "";
  if (state === "live" || state === "behind") return `${latency(seconds)} behind the camera`;
  if (state === "rewound" || state === "paused") return `${span(seconds)} ago`;
  if (state === "away" || state === "ended" || state === "unreachable") return `last picture ${span(seconds)} ago`;
  return "";
}

/**
 * The sentence over the picture when it stands, or null.
 * @param {string} state
 * @param {Camera|null} camera
 * @param {"server"|"controller"|null} away who doesn't answer
 * @param {number} now ms
 * @param {string|null} [blind] the camera's codec, if this browser can't decode it
 * @returns {{title: string, advice: string}|null}
 */
export function notice(state, camera, away, now, blind = null) {
  if (state === "unreachable") return UNREACHABLE[away ?? "server"];
  if (blind && ["connecting", "error", "stalled"].includes(state)) {
    return { title: `This browser can’t show ${blind}`, advice: "Another browser or device may. A camera that is not copied is encoded so that every browser can." };
  }
  const since = camera?.since ? instant(Date.parse(camera.since), now) : null;
  const reason = camera?.reason;
  if (state === "away") {
    return { title: `The camera is away${since ? ` since ${since}` : ""}`, advice: because(reason) };
  }
  if (state === "starting") {
    return { title: "Waiting for the camera’s first picture", advice: because(reason) };
  }
  if (state === "ended") {
    const last = camera?.window ? ` Its last picture is from ${instant(Date.parse(camera.window.end), now)}.` : "";
    return { title: "This camera is no longer recorded", advice: `What was recorded is on the timeline until it has grown old.${last}` };
  }
  if (state === "error") {
    return { title: "The picture was lost", advice: "Getting it back…" };
  }
  return null;
}

/**
 * What is wrong with a camera beside what the notice over the picture says, in
 * words; null when all is well. Of several troubles an error before a warning,
 * and the first of the chain, since the others may follow from it.
 * @param {Camera|null} camera
 * @returns {{severity: "error"|"warning", text: string}|null}
 */
export function trouble(camera) {
  const failing = (camera?.health ?? []).filter((link) => link.reported && link.reason && link.reason.code !== camera?.reason?.code);
  const link = failing.find((l) => l.severity === "error") ?? failing[0];
  return link ? { severity: link.severity, text: because(link.reason) } : null;
}

/** @param {number} asked ms, of the future */
export const stillToCome = (asked, now) => `${instant(asked, now)} is still to come. This is live.`;

/**
 * What to say when another instant is shown than the one that was asked for, of which nothing was recorded.
 * @param {number} asked ms
 * @param {number|null} got ms of the picture there is instead; null: live
 * @param {{start: number|null, now: number}} window
 */
export function elsewhere(asked, got, { start, now }) {
  if (got === null) return `Nothing was recorded from ${instant(asked, now)} on. This is live.`;
  if (got < asked) return `Nothing was recorded from ${instant(asked, now)} on. This is the last picture before, from ${instant(got, now)}.`;
  if (start !== null && asked < start) return `${instant(asked, now)} is longer ago than is kept. This is the oldest picture, from ${instant(got, now)}.`;
  return `Nothing was recorded at ${instant(asked, now)}. This is the next picture, from ${instant(got, now)}.`;
}

/**
 * A number of bytes as disks are sold: "1.9 GB".
 * @param {number} n
 */
export function bytes(n) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (n >= 999.5 && unit < units.length - 1) {
    n /= 1000;
    unit++;
  }
  return `${n < 9.95 && unit > 0 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

/**
 * What is known of a camera, for the panel of details.
 * @param {Camera|null} camera
 * @param {number} now ms
 * @returns {[string, string][]} what, and its value; only what is known
 */
export function details(camera, now) {
  if (!camera) return [];
  const { video, window: kept, live, forecast, plan, plan_reasons: reasons, source } = camera;
  const rows = [
    ["Picture", video && `${video.width} × ${video.height}, ${Math.round(video.frame_rate * 10) / 10} frames a second (${video.codecs})`],
    ["Treatment", plan && capital(plan)],
    ["Why", reasons?.map(sentence).join("\n")],
    ["Source", source],
    ["Kept", kept && `since ${instant(Date.parse(kept.start), now)}: ${span(kept.seconds)}, ${bytes(kept.bytes)}`],
    ["Disk", forecast?.sentence ?? (kept?.bytes_per_hour ? `${bytes(kept.bytes_per_hour)} an hour` : null)],
    ["Segments", live && `${live.segment_seconds} s, in parts of up to ${Math.round(live.part_target_seconds * 1000)} ms`],
  ];
  return /** @type {[string, string][]} */ (rows.filter(([, value]) => value));
}

/** @param {import("../server/json.js").Reason|null|undefined} reason */
const because = (reason) => (reason ? [reason.title, reason.advice].filter(Boolean).map(sentence).join(" ") : "");

const capital = (text) => text[0].toUpperCase() + text.slice(1);

const sentence = (text) => (/[.?!…]$/.test(text) ? text : `${text}.`);

const UNREACHABLE = {
  server: { title: "The server doesn’t answer", advice: "Is this device still on the network? The page keeps trying and goes on by itself." },
  controller: { title: "The controller is away", advice: "Recording may be restarting. The page keeps trying and goes on by itself." },
};
