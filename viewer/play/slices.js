// Which playlist shows an instant, and what follows its end. History is played in
// slices of the window, one behind the other. Pure; ms since 1970.

/** A slice is this long: a playlist of some 40 kB at two-second segments. */
export const SLICE = 15 * 60_000;
/** And begins this long before the instant that is asked for, so that small steps back stay inside. */
export const LEAD = 60_000;
/** Begin to prepare what follows this long before the end of what plays. */
export const PREPARE = 12_000;
/** Keep clear of the oldest end of the live playlist: its segments are about to leave it. */
const LIVE_MARGIN = 10_000;
/** What live.m3u8 lists, as long as none has been read. */
const LIVE_LISTS = 110_000;
/** A slice this near to its end hands over on time and not at the next tick. */
export const SOON = 250;
/**
 * What follows a slice is asked for from so much after its end. The server
 * lists the segment that covers an instant whole, and dates here are rounded
 * to milliseconds: "from the end" would list the last one again.
 */
const BEYOND = 2; // ms

/** Surely after the last picture of what ended there. */
export const beyond = (end) => Math.ceil(end) + BEYOND;

/** "hls/front/window.m3u8?epoch=3&from=…&to=…" */
export function sliceUrl(windowUrl, from, to = from + SLICE) {
  const iso = (ms) => new Date(Math.floor(ms)).toISOString();
  return `${windowUrl}${windowUrl.includes("?") ? "&" : "?"}from=${encodeURIComponent(iso(from))}&to=${encodeURIComponent(iso(to))}`;
}

/** The slice for seeing an instant. */
export const sliceAround = (windowUrl, at) => sliceUrl(windowUrl, at - LEAD, at + SLICE);

/** The slice that begins exactly where one ended. */
export const sliceAfter = (windowUrl, end) => sliceUrl(windowUrl, beyond(end));

/**
 * Where an instant is best played from.
 * @param {number} at the instant
 * @param {{start: number, end: number}|null} live what the live playlist lists
 * @returns {"live-playlist"|"slice"}
 */
export function sourceFor(at, live) {
  return live && at >= live.start + LIVE_MARGIN ? "live-playlist" : "slice";
}

/** What a live playlist lists that has not been read. */
export const assumedLive = (now) => ({ start: now - LIVE_LISTS, end: now });

/** A live playlist that was left alone may list that instant no more. */
export const mayHaveLeftLive = (at, now) => at < now - LIVE_LISTS / 2;

/**
 * What is to be done near the end of a slice.
 * @param {object} slice that plays
 * @param {number} slice.left ms until its end
 * @param {boolean} slice.paused
 * @param {boolean} slice.ended
 * @param {boolean} slice.prepared there is a deck that follows it
 * @param {boolean} slice.scheduled they will change places on time
 * @returns {"prepare"|"hand over"|"schedule"|null}
 */
export function nextStep({ left, paused, ended, prepared, scheduled }) {
  if (left > PREPARE) return null;
  if (!prepared) return "prepare";
  if (ended || left <= 0) return "hand over";
  return left < SOON && !paused && !scheduled ? "schedule" : null;
}

/**
 * @typedef {{live: string, window: string}} Urls of a camera, relative to the page
 * @typedef {{url: string, live: boolean, at: number|null}} Source what a deck plays, and where it begins; at null: the live edge
 */

/**
 * @param {Urls} urls
 * @param {number|null} at an instant, or null for live
 * @param {number} now
 * @param {"live-playlist"|"slice"} [where] if that is known better than by the clock
 * @returns {Source}
 */
export function sourceOf(urls, at, now, where = at === null ? "live-playlist" : sourceFor(at, assumedLive(now))) {
  const live = at === null || where === "live-playlist";
  return { url: live ? urls.live : sliceAround(urls.window, at), live, at };
}

/**
 * What begins where another playlist ends.
 * @param {Urls} urls
 * @param {number} end
 * @param {number} now
 * @returns {Source}
 */
export function sourceAfter(urls, end, now) {
  const live = sourceFor(end, assumedLive(now)) === "live-playlist";
  return { url: live ? urls.live : sliceAfter(urls.window, end), live, at: end };
}
