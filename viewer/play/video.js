// The video element that is under every deck.

/** Behind the one that is shown, which therefore is always the first in the document. */
export function createVideo(parent) {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.disableRemotePlayback = true;
  video.tabIndex = -1;
  parent.append(video);
  return video;
}

/** @type {(keyof HTMLMediaElementEventMap)[]} after which a video may have another state */
export const STATE_EVENTS = ["play", "playing", "pause", "waiting", "seeking", "seeked", "ended"];

/**
 * Seconds of picture that a video has from its playhead on.
 * @param {{buffered: TimeRanges, currentTime: number}} video
 */
export function bufferAhead({ buffered, currentTime }) {
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + 0.05 && currentTime < buffered.end(i)) return buffered.end(i) - currentTime;
  }
  return 0;
}

/** Frames that the browser decoded but never showed. */
export function droppedFrames(video) {
  return video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
}

const nothing = () => {};

/**
 * Callbacks of a deck that is gone.
 * @type {import("./contract.js").DeckEvents}
 */
export const silent = { ready: nothing, fatal: nothing, missing: nothing, frame: nothing, ended: nothing, over: nothing, loaded: nothing, part: nothing, stall: nothing, discontinuity: nothing, change: nothing };
