// What the page says, in plain words. Pure.

import { reader } from "../browser/locale.js";
import { exactlyZoned, instant } from "../time/format.js";
import { condition } from "./condition.js";
import { latency, span } from "./span.js";
import { words } from "./words.js";

/** @typedef {import("../server/json.js").Camera} Camera */

/**
 * The badge for a state of state.js.
 * @param {string} state
 * @param {Camera|null} [camera]
 * @returns {string}
 */
export const badge = (state, camera = null) => {
  const named = camera && state === camera.state ? condition(camera) : state;
  return words().badge[/** @type {keyof import("./words.js").Words["badge"]} */ (named)] ?? "";
};

/**
 * What a zone is, for the switch beside the clock.
 * @param {"local"|"utc"|"camera"} kind
 * @param {string} name of the camera's zone
 */
export function zoneName(kind, name) {
  const { zone } = words();
  return kind === "camera" ? zone.camera(name) : zone[kind];
}

/** What may be typed as a time: examples that are all understood. */
export const accepted = () => words().accepted;

/** @param {string} typed */
export const notUnderstood = (typed) => `${words().notUnderstood(typed)} ${accepted()}`;

/**
 * What a link says that is not so.
 * @param {import("../browser/link.js").Wrong} wrong
 * @param {number} now ms
 */
export function misled(wrong, now) {
  if ("ahead" in wrong) return stillToCome(wrong.ahead, now);
  return "camera" in wrong ? words().noCamera(wrong.camera) : notUnderstood(wrong.time);
}

/**
 * What was understood of something that is being typed.
 * @param {number|null} at ms; null: live
 * @param {number} now ms
 */
export function understood(at, now) {
  if (at === null) return words().meantLive;
  return at > now ? stillToCome(at, now) : words().meant(exactlyZoned(at, now), span((now - at) / 1000));
}

/**
 * What was wrong with the picture, by the API's kinds of flaws.
 * @param {import("../server/json.js").FlawKind} kind
 */
export const flaw = (kind) => words().flaw[kind];

/** @typedef {import("../play/readings.js").Slow} Slow */

/** Where it is told that the way to the server carries too little: of what stands because it was told to, or since nobody sends, it would not be why. */
const TOO_SLOW = ["connecting", "live", "behind", "rewound", "stalled"];

/**
 * How far from now, for the line beside the clock.
 * @param {string} state
 * @param {number|null} seconds
 * @param {Slow|null} [slow]
 */
export function distance(state, seconds, slow = null) {
  if (slow?.tooSlow && TOO_SLOW.includes(state)) return tooSlow(state === "connecting" ? null : seconds, slow.tooSlow, slow.past);
  if (seconds === null) return "";
  if (slow && (state === "live" || state === "behind")) return (slow.crowded ? words().crowded : words().slow)(span(seconds));
  if (state === "live" || state === "behind") return words().behind(latency(seconds));
  if (state === "rewound" || state === "paused" || state === "stalled") return words().ago(span(seconds));
  if (state === "away" || state === "ended" || state === "unreachable") return words().lastPicture(span(seconds));
  return "";
}

function tooSlow(seconds, { has, needs }, past) {
  const say = words();
  const age = seconds === null ? "" : (past ? say.ago : say.old)(span(Math.max(0, seconds)));
  const [one, two] = [1, 2].map((digits) => [has, needs].map((rate) => megabits(rate, digits)));
  const [carried, sent] = needs < 1e6 || one[0] === one[1] ? two : one;
  return [age, say.tooSlow(carried, sent)].filter(Boolean).join(", ");
}

/**
 * @param {number} rate bit/s
 * @param {number} digits behind the point
 */
const megabits = (rate, digits) => new Intl.NumberFormat(reader().locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(rate / 1e6);

/** @typedef {{title: string, advice: string, reload?: boolean}} Notice reload: that helps */

/**
 * Who answers instead of the controller.
 * @param {import("../server/api.js").Who} who
 * @param {boolean} [media] only of media: it does answer
 * @returns {Notice}
 */
export function nobody(who, media = false) {
  const say = words();
  if (who === "server" || who === "controller") return say[who];
  if (who === "login") return { ...say.login, reload: true };
  const known = media && who === 404 ? say.status.media : (/** @type {Record<number, {title: string, advice: string}>} */ (say.status)[who] ?? say.status.other);
  return { title: `${known.title} (${who})`, advice: known.advice, reload: true };
}

/**
 * The sentence over the picture when it stands, or null.
 * @param {string} state
 * @param {Camera|null} camera
 * @param {import("../server/api.js").Who|null} away who doesn't answer
 * @param {number} now ms
 * @param {string|null} [blind] the camera's codec, if this browser can't decode it
 * @param {boolean} [seen] there is a picture on the screen, or was
 * @param {import("../server/api.js").Who|null} [refused] who answers instead of the server where the picture ought to come from
 * @returns {Notice|null}
 */
export function notice(state, camera, away, now, blind = null, seen = true, refused = null) {
  const say = words();
  if (state === "unreachable") return nobody(away ?? "server");
  const waits = ["connecting", "error", "stalled"].includes(state);
  if (refused && waits) return nobody(refused, true);
  if (blind && waits) {
    return { title: say.blind(blind), advice: say.blindAdvice };
  }
  const since = camera?.since ? instant(Date.parse(camera.since), now) : null;
  const reason = camera?.reason;
  const why = camera && state === camera.state ? condition(camera) : state;
  if (reason && why === "halted") return { title: state === "away" ? say.since(reason.title, since) : reason.title, advice: sentences(reason.advice) };
  if (reason && why === "absent") return { title: reason.title, advice: sentences(reason.advice) };
  if (state === "away") return { title: say.away(since), advice: because(reason) };
  if (state === "starting") return { title: why === "again" ? say.again : say.starting, advice: because(reason) };
  if (state === "ended") {
    return { title: say.ended, advice: say.endedAdvice(camera?.window ? instant(Date.parse(camera.window.end), now) : null) };
  }
  if (state === "error") {
    return seen ? { title: say.lost, advice: say.lostAdvice } : { title: say.missing, advice: say.missingAdvice };
  }
  return null;
}

/**
 * What is wrong with a camera beside what the notice over the picture says, in
 * words; null when all is well. Of several troubles an error before a warning,
 * and the first of the chain, since the others may follow from it.
 * @param {Camera|null} camera
 * @returns {{severity: "error"|"warning"|"note", text: string}|null}
 */
export function trouble(camera) {
  const failing = (camera?.health ?? []).filter((link) => link.reported && link.reason && link.reason.code !== camera?.reason?.code);
  const link = failing.find((l) => l.severity === "error") ?? failing[0];
  if (link) return { severity: link.severity, text: because(link.reason) };
  const { forecast } = camera ?? {};
  // The disk ends the history before the settings do.
  return forecast?.bound_by === "DISK_RESERVE" ? { severity: "note", text: words().cut(span(forecast.hours_fit * 3600)) } : null;
}

/** @param {number} asked ms, of the future */
export const stillToCome = (asked, now) => words().stillToCome(instant(asked, now));

/**
 * What to say when another instant is shown than the one that was asked for, of which nothing was recorded.
 * @param {number} asked ms
 * @param {number|null} got ms of the picture there is instead; null: live
 * @param {{start: number|null, now: number}} window
 */
export function elsewhere(asked, got, { start, now }) {
  const say = words();
  const then = instant(asked, now);
  if (got === null) return say.nothingSince(then);
  const seen = instant(got, now);
  if (got < asked) return say.lastBefore(then, seen);
  if (start !== null && asked < start) return say.tooOld(then, seen);
  return say.nextAfter(then, seen);
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
  const say = words();
  const rows = [
    [say.rows.picture, video && say.frames(`${video.width} × ${video.height}`, Math.round(video.frame_rate * 10) / 10, video.codecs)],
    [say.rows.treatment, plan && capital(plan)],
    [say.rows.why, reasons?.map(sentence).join("\n")],
    [say.rows.source, source],
    [say.rows.kept, kept && say.kept(instant(Date.parse(kept.start), now), span(kept.seconds), bytes(kept.bytes))],
    [say.rows.disk, forecast?.sentence ?? (kept?.bytes_per_hour ? say.anHour(bytes(kept.bytes_per_hour)) : null)],
    [say.rows.segments, live && say.segments(live.segment_seconds, Math.round(live.part_target_seconds * 1000))],
  ];
  return /** @type {[string, string][]} */ (rows.filter(([, value]) => value));
}

/** @param {import("../server/json.js").Reason|null|undefined} reason */
const because = (reason) => (reason ? [reason.title, reason.advice].filter(Boolean).map(sentence).join(" ") : "");

/** @param {string} advice */
const sentences = (advice) => (advice ? sentence(advice) : "");

const capital = (text) => text[0].toUpperCase() + text.slice(1);

const sentence = (text) => (/[.?!…]$/.test(text) ? text : `${text}.`);
