// What the page reads off the player: the facts that say how the picture is, and
// the figures for whoever measures. Pure.

/**
 * How far (s) from the camera a picture may be and be called live: absolute, since
 * a buffer that had to grow makes nothing more live.
 */
const LIVE = 2;
/** The same for a browser that plays HLS by itself. */
const LIVE_NATIVE = 4.2;
/** And in whole segments: what a segment takes to be complete, as much in the buffer, and this. */
const LIVE_WHOLE = 3;
/** A live playlist read this lately can be seeked in to its edge: ms. */
const FRESH = 3000;

/**
 * The parts of a player that are read.
 * @typedef {object} Parts
 * @property {import("./pair.js").Intent} intent
 * @property {boolean} wantPaused
 * @property {import("./pair.js").DeckPair} decks
 * @property {import("./picture.js").PictureWatch} picture
 * @property {import("./steering.js").Steering} steering
 * @property {import("./rescue.js").Rescue} rescue
 * @property {import("./connection.js").Connection} connection
 * @property {import("./key-frames.js").KeyFrames} keyFrames
 * @property {import("../server/json.js").CameraState|null} camera what the API said last
 * @property {number} wall the server's now, ms
 */

/**
 * What was asked for is on the screen.
 * @param {Pick<Parts, "intent"|"decks">} parts
 */
export function hasArrived({ intent, decks: { front } }) {
  return front !== null && front.intent === intent && front.deck.ready && !front.deck.travelling;
}

/**
 * It stands because it was told to, or because the browser wants to be asked
 * before it plays. What only waits for its picture is not paused, nor what has ended or let go.
 * @param {{decks: import("./pair.js").DeckPair, wantPaused: boolean}} parts
 */
export function isPaused({ decks: { front }, wantPaused }) {
  const deck = front?.deck;
  return wantPaused || Boolean(deck?.ready && deck.video.paused && !deck.video.ended && !deck.holding && !deck.suspended);
}

/**
 * What was asked for last is still on its way to the screen.
 * @param {Pick<Parts, "decks"|"keyFrames">} parts
 */
export function isBusy({ decks: { next, video }, keyFrames }) {
  return Boolean((next && next.follows === null && !next.deck.ready && !keyFrames.isTrial(next)) || video?.seeking);
}

/**
 * Wall clock (ms) of where one wants to be: the moment that was asked for, and from its picture on that picture; or null.
 * @param {Pick<Parts, "intent"|"decks"|"keyFrames"|"camera"|"wall">} parts
 */
export function positionOf({ intent, decks, keyFrames, camera, wall }) {
  const deck = decks.front?.deck;
  if (intent.mode === "live" && keyFrames.shown !== null) return keyFrames.shown;
  if (hasArrived({ intent, decks }) && !deck?.video.seeking) return deck?.position ?? null;
  if (intent.mode === "history") return intent.at;
  return camera === "live" ? wall : (deck?.position ?? null);
}

/**
 * Wall clock (ms) of the picture on the screen, whatever was asked for; null: there is none.
 * @param {Pick<Parts, "decks"|"keyFrames">} parts
 */
export function shownOf({ decks: { front }, keyFrames }) {
  return keyFrames.shown ?? (front?.deck.ready ? front.deck.shown : null);
}

/**
 * It follows the edge, and may seek there. A rewound one reads its playlist too
 * seldom to know where that is, and a new one is as quick.
 * @param {import("./contract.js").PlaybackDeck} deck
 */
export const knowsEdge = ({ following, steersItself, ready, suspended, staleness }) => (following || steersItself) && ready && !suspended && staleness < FRESH;

/**
 * What it plays is what an instant is played from. A live playlist that nobody
 * has read meanwhile has gone on; a slice stays as it was.
 * @param {import("./contract.js").PlaybackDeck} deck
 * @param {"live-playlist"|"slice"} where
 */
export const mayHold = ({ live, suspended }, where) => live === (where === "live-playlist") && !(live && suspended);

/**
 * Seconds between the server's now and the picture on the screen: the median of the last second. While
 * no frame of that second counts, as behind a jump, it is the age of the one that stands there.
 * @param {Pick<Parts, "intent"|"decks"|"picture"|"keyFrames"|"wall">} parts
 * @returns {number|null} null: there is none, or its playlist tells no times
 */
export function latencyOf({ intent, decks, picture, keyFrames, wall }) {
  if (intent.mode === "live" && keyFrames.age !== null) return keyFrames.age;
  if (picture.latency !== null) return picture.latency;
  const shown = shownOf({ decks, keyFrames });
  return shown === null ? null : (wall - shown) / 1000;
}

/**
 * Facts for state.js, and who answers instead of the server; camera and reachable come from the API.
 * @param {Parts} parts
 * @param {number} now monotonic ms
 */
export function factsOf(parts, now) {
  const { intent, picture, rescue, keyFrames } = parts;
  // Key frames move as long as there are more of them, and are never live.
  if (intent.mode === "live" && keyFrames.shown !== null) {
    const moving = keyFrames.moving(now) && (parts.camera ?? "live") === "live";
    return { mode: intent.mode, picture: true, paused: parts.wantPaused, moving, latency: keyFrames.age, limit: -Infinity, joining: false, failed: false, doubted: false, refused: null };
  }
  return {
    mode: intent.mode,
    picture: hasArrived(parts),
    paused: isPaused(parts),
    moving: picture.moving(now),
    latency: latencyOf(parts),
    limit: limitOf(parts),
    joining: picture.joining(now),
    failed: rescue.failed,
    doubted: rescue.doubted,
    refused: rescue.refused,
  };
}

/**
 * A way that carries less than the camera sends falls ever farther behind: there no segment is waited for.
 * @param {Parts} parts
 */
function limitOf({ decks: { front }, steering, connection }) {
  if (front?.deck.native) return LIVE_NATIVE;
  if (connection.tooSlow) return LIVE;
  if (front?.deck.whole) return 2 * (front.deck.segmentTarget ?? 2) + LIVE_WHOLE;
  return Math.max(LIVE, 1.5 * steering.floor);
}

/**
 * The way to the server is slow.
 * @typedef {object} Slow
 * @property {import("./rates.js").Rates|null} tooSlow what it carries and what the camera sends, where that is more
 * @property {boolean} [crowded] it is not, but other windows of this browser play as well
 * @property {true} [past] history comes more slowly than it plays
 *
 * Reports whether live comes in whole segments or key frames, or history in no time that would do.
 * @param {Parts} parts
 * @param {number} now monotonic ms
 * @returns {Slow|null}
 */
export function slowOf({ intent, decks: { front }, connection, keyFrames }, now) {
  if (intent.mode === "history") {
    const tooSlow = connection.pastTooSlow(now);
    return tooSlow && { tooSlow, past: true };
  }
  const whole = front?.deck.live && !front.deck.native && front.deck.whole;
  return whole || keyFrames.running ? { tooSlow: connection.tooSlow, ...(connection.forCrowd && { crowded: true }) } : null;
}

/**
 * What is measured: of the picture now, and what has gone wrong since the page was opened.
 * @param {Parts} parts
 */
export function figuresOf({ decks, picture, steering, rescue, connection, keyFrames }) {
  const { stalls, stalledSeconds, droppedFrames } = decks;
  return {
    latency: picture.latency,
    target: steering.target, // s in the buffer that steering aims at
    buffer: decks.front?.deck.buffer ?? 0, // s
    rate: decks.video?.playbackRate ?? 1,
    firstFrameMs: picture.firstFrameAt, // monotonic
    roundTrip: connection.roundTrip, // ms
    keyFrames: keyFrames.count,
    rebuilds: rescue.retry.count, stalls, stalledSeconds, droppedFrames,
    lastError: rescue.lastError,
  };
}
