// Which codecs this browser can decode, and what people call them.

const NAMES = { avc1: "H.264", avc3: "H.264", hvc1: "H.265", hev1: "H.265", av01: "AV1", mp4v: "MPEG-4" };

/**
 * What people call a codec: "H.265" for "hvc1.1.6.L93.B0".
 * @param {string} codecs RFC 6381
 */
export function codecName(codecs) {
  const first = codecs.split(",")[0].trim();
  return NAMES[first.slice(0, 4)] ?? first;
}

/** @type {Map<string, boolean>} */
const known = new Map();

/**
 * This browser can decode it, as far as it says.
 * @param {string} [codecs] RFC 6381
 * @returns {boolean}
 */
export function decodable(codecs) {
  if (!codecs) return true;
  const decodes = known.get(codecs) ?? supports(`video/mp4; codecs="${codecs}"`);
  known.set(codecs, decodes);
  return decodes;
}

function supports(type) {
  const source = globalThis.MediaSource ?? globalThis.ManagedMediaSource;
  return source ? source.isTypeSupported(type) : document.createElement("video").canPlayType(type) !== "";
}

/**
 * Reports whether there is sound among them.
 * @param {string} [codecs] as in a playlist
 */
export const heard = (codecs = "") => /(^|,)\s*(mp4a|opus|ac-3|ec-3|flac)\b/i.test(codecs);
