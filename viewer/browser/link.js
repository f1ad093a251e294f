// What the address says: "#front" is that camera live, "#front@2026-11-22T21:54:01Z" that instant,
// "#Overview" all cameras, "#Overview@2026-11-22T21:54:01Z" all of them at that instant.
// An instant may have thousandths, and "&paused" behind it: the picture stands there.

/** Where all cameras are. No camera is called so: their names have no capitals. */
export const OVERVIEW = "Overview";

const NAME = /^[a-z0-9-]{1,32}$/;

/** @typedef {{camera: string}|{time: string}|{ahead: number}} Wrong what a link says that is no name of a camera, no instant, or one (ms) that is still to come */

/**
 * @param {string} hash location.hash
 * @returns {{camera: string|null, at: number|null, paused: boolean, wrong: Wrong|null}} a name or OVERVIEW; at in ms since 1970; null where nothing valid is said
 */
export function parseLink(hash) {
  const text = decode(hash.replace(/^#/, ""));
  const cut = text.indexOf("@");
  const name = cut < 0 ? text : text.slice(0, cut);
  if (!NAME.test(name) && name !== OVERVIEW) return { camera: null, at: null, paused: false, wrong: name ? { camera: name } : null };
  const [instant, ...rest] = cut < 0 ? [""] : text.slice(cut + 1).split("&");
  const at = Date.parse(instant);
  if (Number.isNaN(at)) return { camera: name, at: null, paused: false, wrong: instant ? { time: instant } : null };
  return { camera: name, at, paused: rest.includes("paused"), wrong: null };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray percent sign
  }
}

/**
 * The hash for a camera or OVERVIEW.
 * @param {string} camera
 * @param {number|null} [at] an instant in ms since 1970; null: live
 * @param {boolean} [paused] the picture of the instant stands
 */
export function formatLink(camera, at = null, paused = false) {
  if (at === null) return `#${camera}`;
  return `#${camera}@${new Date(Math.floor(at)).toISOString().replace(".000Z", "Z")}${paused ? "&paused" : ""}`;
}
