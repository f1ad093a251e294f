// What the address says: "#front" is that camera live, "#front@2026-11-22T21:54:01Z" that instant,
// "#Overview" all cameras, "#Overview@2026-11-22T21:54:01Z" all of them at that instant.

/** Where all cameras are. No camera is called so: their names have no capitals. */
export const OVERVIEW = "Overview";

const NAME = /^[a-z0-9-]{1,32}$/;

/**
 * @param {string} hash location.hash
 * @returns {{camera: string|null, at: number|null}} a name or OVERVIEW; at in ms since 1970; null where nothing valid is said
 */
export function parseLink(hash) {
  const text = decode(hash.replace(/^#/, ""));
  const cut = text.indexOf("@");
  const name = cut < 0 ? text : text.slice(0, cut);
  if (!NAME.test(name) && name !== OVERVIEW) return { camera: null, at: null };
  const at = cut < 0 ? NaN : Date.parse(text.slice(cut + 1));
  return { camera: name, at: Number.isNaN(at) ? null : at };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // a stray percent sign
  }
}

/**
 * The hash for a camera or OVERVIEW.
 * @param {string} camera
 * @param {number|null} [at] an instant in ms since 1970 (whole seconds); null: live
 */
export function formatLink(camera, at = null) {
  if (at === null) return `#${camera}`;
  return `#${camera}@${new Date(Math.floor(at / 1000) * 1000).toISOString().replace(".000Z", "Z")}`;
}
