// Which kind of deck this browser needs, and what is done with one of either.

import { Deck, steerable, supported } from "./deck.js";
import { LaneCodecDeck, decodesFrames } from "./lane-codec-deck.js";
import { LaneDeck, playsFrames } from "./lane-deck.js";
import { NativeDeck, playsNatively } from "./native-deck.js";
import { Steering } from "./steering.js";

/** @typedef {import("./contract.js").PlaybackDeck} PlaybackDeck */

/** This browser can play what the server has. */
export const playable = () => supported() || playsNatively();

/**
 * @param {import("./contract.js").DeckOptions} options
 * @param {import("./contract.js").DeckEvents} on
 * @returns {PlaybackDeck}
 */
export function createDeck(options, on) {
  if (options.lane) return new (decodesFrames() ? LaneCodecDeck : LaneDeck)({ ...options, lane: options.lane }, on);
  return supported() ? new Deck(options, on) : new NativeDeck(options, on);
}

/** This browser can play what comes frame by frame. */
export const playableByFrames = () => decodesFrames() || playsFrames();

/** @param {number} partTarget s */
export const createSteering = (partTarget) => new Steering({ partTarget, steerable: steerable() });

/** Its rate and its place are ours to change now. */
export const canBeSteered = ({ native, steersItself, ready, video }) => !native && !steersItself && ready && !video.paused && !video.seeking;

/**
 * Holds a deck at the live edge; to be called about ten times a second.
 * @param {PlaybackDeck} deck
 * @param {Steering} steering
 * @param {number} now monotonic ms
 * @returns {boolean} it jumped
 */
export function keepAtEdge(deck, steering, now) {
  const { rate, jump } = steering.update(now / 1000, deck.buffer, deck.edge);
  if (jump) deck.jumpToEdge(steering.distance);
  if (deck.video.playbackRate !== rate) deck.video.playbackRate = rate;
  return jump > 0;
}
