// What the page reads off the player: the facts that say how the picture is, and
// the figures for whoever measures. Pure.

/** How far (s) from the camera a browser may be that plays HLS by itself. */
const NATIVE_TARGET = 3;

/**
 * The parts of a player that are read.
 * @typedef {object} Parts
 * @property {import("./pair.js").Intent} intent
 * @property {boolean} wantPaused
 * @property {import("./pair.js").DeckPair} decks
 * @property {import("./picture.js").PictureWatch} picture
 * @property {import("./steering.js").Steering} steering
 * @property {import("./rescue.js").Rescue} rescue
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
 * before it plays. What only waits for its picture is not paused, nor what has ended.
 * @param {{decks: import("./pair.js").DeckPair, wantPaused: boolean}} parts
 */
export function isPaused({ decks: { front }, wantPaused }) {
  const deck = front?.deck;
  return wantPaused || Boolean(deck?.ready && deck.video.paused && !deck.video.ended && !deck.holding);
}

/**
 * Facts for state.js; camera and reachable come from the API.
 * @param {Parts} parts
 * @param {number} now monotonic ms
 */
export function factsOf(parts, now) {
  const { intent, decks, picture, steering, rescue } = parts;
  return {
    mode: intent.mode,
    picture: hasArrived(parts),
    paused: isPaused(parts),
    moving: picture.moving(now),
    latency: picture.latency,
    target: decks.front?.deck.native ? NATIVE_TARGET : steering.target,
    joining: picture.joining(now),
    failed: rescue.failed,
  };
}

/**
 * What is measured: of the picture now, and what has gone wrong since the page was opened.
 * @param {Parts} parts
 */
export function figuresOf({ decks, picture, steering, rescue }) {
  const { stalls, stalledSeconds, droppedFrames } = decks;
  return {
    latency: picture.latency,
    target: steering.target, // s in the buffer that steering aims at
    buffer: decks.front?.deck.buffer ?? 0, // s
    rate: decks.video?.playbackRate ?? 1,
    firstFrameMs: picture.firstFrameAt, // monotonic
    rebuilds: rescue.retry.count, stalls, stalledSeconds, droppedFrames,
    lastError: rescue.lastError,
  };
}
