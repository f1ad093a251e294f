// The controller's JSON, and what it means when it doesn't come.

const TIMEOUT = 4000;

/** Why there is no answer: who is away. */
export class Away extends Error {
  /** @param {"server"|"controller"} who server: nothing answers at all */
  constructor(who) {
    super(`${who} is away`);
    this.who = who;
  }
}

/** An answer that says no. */
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
  const response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT) }).catch(() => {
    throw new Away("server");
  });
  const received = performance.now();
  const body = await response.json().catch(() => null);
  // 502 and 504 are nginx speaking for a controller that isn't there.
  if (!body || response.status === 502 || response.status === 504) throw new Away("controller");
  if (!response.ok) throw new Refused(response.status, body.error?.message ?? response.statusText);
  clock.observe(sent, received, Date.parse(body.now));
  return body;
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
