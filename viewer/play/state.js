// What the page says about the picture. Fed by the media element, the player
// and the API, never by clicks: a press on LIVE changes this only when a live
// picture is really on the screen.
//
//   state        the picture
//   connecting   none yet, or none yet from where one wants to be
//   live         moves, and is as close to the camera as it should
//   behind       moves, wants to be live, is late
//   rewound      moves, history
//   paused       stands because it was told to
//   stalled      stands for want of data, everything else is well
//   away         stands; the camera sends nothing
//   starting     none yet; the camera never sent one
//   ended        stands; the camera is no longer recorded
//   unreachable  stands; the controller or nginx doesn't answer
//   error        stands; the player failed and is being rebuilt
//
// What the badge says of each is in text/words.js.
//
// Any state can follow any other, since each is derived from the facts alone;
// only between live and behind does it matter which of them was before.

/** Punctual enough to take lateness back: this share of the limit. */
const PUNCTUAL = 0.8;

/**
 * @typedef {object} Facts
 * @property {"live"|"history"} mode what is asked for
 * @property {boolean} picture a frame is on the screen, and from where one wants to be
 * @property {boolean} paused the media element is paused
 * @property {boolean} moving frames came within the last moments
 * @property {number|null} latency s behind the camera; null: without a picture, or where the playlist tells no times
 * @property {number} limit s behind the camera up to which it is live
 * @property {boolean} joining the picture is new and may still be on its way to the edge
 * @property {boolean} failed the player gave up and waits to be rebuilt
 * @property {boolean} doubted the API is being asked why
 * @property {import("../server/json.js").CameraState|null} camera what the API said last; null: nothing yet
 * @property {boolean} reachable the API answers
 */

/**
 * @param {string} before the state so far
 * @param {Facts} f
 * @returns {string} the state now
 */
export function nextState(before, f) {
  if (f.picture && f.paused) return "paused";
  if (f.picture && f.moving) return f.mode === "live" ? moving(before, f) : "rewound";
  if (!f.reachable) return "unreachable";
  if (f.mode === "live" && f.camera && f.camera !== "live") return f.camera;
  if (f.failed && !f.doubted) return "error";
  return f.picture ? "stalled" : "connecting";
}

function moving(before, f) {
  const limit = f.limit * (before === "behind" ? PUNCTUAL : 1);
  if (f.latency === null || f.latency <= limit) return "live";
  return f.joining ? "connecting" : "behind";
}
