// The controller's JSON, and what it means when it doesn't come.

import { isChallenged } from "./challenge.js";

const TIMEOUT = 4000;
const SOON = 2000; // ms; a playlist that nobody holds

/** So long (ms) no credentials are given once the browser has asked for a password: it would ask again and again, and nobody could answer in time. */
const WITHHOLD = 60_000;
let withheldUntil = -Infinity; // monotonic ms

/**
 * Why there is no answer of the controller. server: nothing answers at all; controller: what is before it says
 * that it doesn't; login: something between wants one to log in; a number: the HTTP status of whatever answers instead.
 * @typedef {"server"|"controller"|"login"|number} Who
 */

export class Away extends Error {
  /** @param {Who} who */
  constructor(who) {
    super(`${who} is away`);
    this.who = who;
  }
}

/** An answer of the controller that says no. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @typedef {import("./json.js").Camera} Camera
 * @typedef {import("../time/clock.js").ServerClock} ServerClock
 * @typedef {import("../time/range.js").Range} Range ms since 1970
 * @typedef {Range & {kind: import("./json.js").FlawKind}} Flaw
 */

/**
 * @param {string} path relative to the page
 * @param {ServerClock} clock set by every answer that carries "now"
 * @throws {Away|Refused}
 */
export async function get(path, clock) {
  const sent = performance.now();
  // The API sends nobody elsewhere. Who follows leads to a page for people, or to another origin, which fails without a word.
  const response = await fetch(path, { redirect: "manual", credentials: sent < withheldUntil ? "omit" : "same-origin", signal: AbortSignal.timeout(TIMEOUT) }).catch(async (error) => {
    const asks = error.name === "TimeoutError" && (await isChallenged(path));
    withheldUntil = asks ? sent + WITHHOLD : -Infinity;
    throw new Away(asks ? 401 : "server");
  });
  const received = performance.now();
  const body = await response.json().catch(() => null);
  const who = instead(response, body);
  if (who !== 401) withheldUntil = -Infinity;
  if (who !== null) throw new Away(who);
  if (!response.ok) throw new Refused(response.status, body.error?.message ?? response.statusText);
  clock.observe(...timed(response.url, sent, received), Date.parse(body.now));
  return body;
}

/** No script has had an answer yet. */
let first = true;

/**
 * When a request left and its answer came, as the browser timed it: scripts hear of that
 * late while a page builds itself.
 * @param {string} url
 * @param {number} sent monotonic ms, as far as this script knows
 * @param {number} received
 * @returns {[number, number]}
 */
function timed(url, sent, received) {
  const entry = /** @type {PerformanceResourceTiming|undefined} */ (performance.getEntriesByName(url, "resource").at(-1));
  // What index.html has asked for ahead of its scripts answers the first who asks, and nobody else.
  const ahead = first && entry?.initiatorType === "link";
  first = false;
  if (!entry || !(ahead || entry.requestStart >= sent)) return [sent, received];
  return entry.responseStart > entry.requestStart && entry.responseStart <= received ? [entry.requestStart, entry.responseStart] : [sent, received];
}

/**
 * Who answers instead of the controller; null: it does.
 * @param {Response} response
 * @param {any} body as JSON; null: it is something else
 * @returns {Who|null}
 */
function instead({ type, redirected, status, headers }, body) {
  if (type === "opaqueredirect" || redirected) return "login";
  // The controller knows no logins, and says no in JSON with a code.
  if (status === 401 || status === 403) return status;
  // Whatever the page asks for, it knows. Who is led elsewhere hears that nothing is there.
  const code = body?.error?.code;
  if (status >= 400 && status < 500) return code && code !== "not-found" ? null : status;
  // 502 and 504 are a proxy speaking for a controller that isn't there.
  if (status === 502 || status === 504) return "controller";
  if (body) return null;
  return status < 400 && headers.get("Content-Type")?.startsWith("text/html") ? "login" : "controller";
}

/**
 * Who answers instead of the server where media ought to come from, while the API answers: a proxy may know
 * two rules. Playlists are redirected by the server itself, so redirects are followed.
 * @param {string} url of a playlist
 * @returns {Promise<Who|null>} null: nobody does, or it can't be told
 */
export async function whoServes(url) {
  let late = false;
  const ask = (/** @type {RequestRedirect} */ redirect) => fetch(url, { redirect, cache: "no-store", signal: AbortSignal.timeout(SOON) }).catch((error) => {
    late = error.name === "TimeoutError";
    return null;
  });
  const response = await ask("follow");
  if (late) return (await isChallenged(url)) ? 401 : null;
  // Another origin fails without a word.
  if (!response) return (await ask("manual"))?.type === "opaqueredirect" ? "login" : null;
  const { ok, status, headers } = response;
  response.body?.cancel();
  if (status === 401 || status === 403 || status === 404) return status;
  return ok && headers.get("Content-Type")?.startsWith("text/html") ? "login" : null;
}

/**
 * @param {ServerClock} clock
 * @param {number|null} [at] of which instant (ms) their stills are to be; null: the newest
 * @returns {Promise<Camera[]>}
 */
export async function getCameras(clock, at = null) {
  const query = at === null ? "" : `?${new URLSearchParams({ at: new Date(at).toISOString() })}`;
  return (await get(`api/cameras${query}`, clock)).cameras;
}

/**
 * @param {string} name
 * @param {ServerClock} clock
 * @returns {Promise<Camera>}
 */
export const getCamera = (name, clock) => get(`api/cameras/${name}`, clock);

/**
 * Where there is picture, and where it was not what the camera saw.
 * @param {string} name
 * @param {ServerClock} clock
 * @param {{from?: number, to?: number, points?: number}} [query] ms since 1970; by default the whole window
 * @returns {Promise<{spans: Range[], flaws: Flaw[]}>}
 */
export async function getTimeline(name, clock, query = {}) {
  const { from, to, points } = query;
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries({ from: iso(from), to: iso(to), points })) if (value !== undefined) given.set(key, String(value));
  const { spans, flaws } = await get(`api/cameras/${name}/timeline?${given}`, clock);
  const dated = (s) => ({ ...s, start: Date.parse(s.start), end: Date.parse(s.end) });
  return { spans: spans.map(dated), flaws: flaws.map(dated) };
}

/** As many as the API answers: of seven days it then closes gaps of half a minute. */
export const MOST_POINTS = 20_000;

/** So far a question is exact: of longer ones the API closes the small gaps. ms */
const EXACT = 600_000;

/**
 * The first instant with a picture from there on, or null.
 * @param {string} name
 * @param {ServerClock} clock
 * @param {number} from ms
 */
export async function getNextPicture(name, clock, from) {
  const near = await getTimeline(name, clock, { from, to: from + EXACT, points: MOST_POINTS });
  const { spans } = near.spans.length ? near : await getTimeline(name, clock, { from, points: MOST_POINTS });
  return spans[0]?.start ?? null;
}

/** @param {number} [ms] */
const iso = (ms) => (ms === undefined ? undefined : new Date(ms).toISOString());
