// Boxes as the controller sends them on a lane (controller/lane).

const bytes = (...parts) => Uint8Array.from(parts.flatMap((p) => (typeof p === "string" ? [...p].map((c) => c.charCodeAt(0)) : [...p])));
const u32 = (n) => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const u64 = (n) => [...u32(Math.floor(n / 2 ** 32)), ...u32(n % 2 ** 32)];
const box = (kind, ...parts) => {
  const body = bytes(...parts);
  return bytes(u32(body.length + 8), kind, body);
};

export const initSection = (timescale = 1000) => bytes(
  box("ftyp", "iso6"),
  box("moov", box("mvhd", u32(0)), box("trak", box("mdia", box("mdhd", u32(0), u32(0), u32(0), u32(timescale), u32(0))))),
);

/** An init section with what a decoder is to be told, in a box of that kind. */
export function coded(kind, timescale = 1000) {
  const entry = box("avc1", new Uint8Array(78), box(kind, "config"));
  const media = box("mdia", box("mdhd", u32(0), u32(0), u32(0), u32(timescale), u32(0)), box("minf", box("stbl", box("stsd", u32(0), u32(1), entry))));
  return bytes(box("ftyp", "iso6"), box("moov", box("trak", media)));
}

/** @param {number} date ms since 1970 */
function prft(date, decode) {
  const seconds = Math.floor(date / 1000);
  return box("prft", [1, 0, 0, 0], u32(1), u32((seconds + 2_208_988_800) % 2 ** 32), u32(Math.round(((date / 1000 - seconds) * 2 ** 32))), u64(decode));
}

/** A frame on its way: its duration stands in the track's head where shared is true, else in its run. */
export function fragment({ date = 0, decode = 0, duration = 40, shift = 0, sync = false, data = "frame", shared = true }) {
  const flags = u32(sync ? 0x02000000 : 0x01010000);
  const size = u32(data.length);
  const head = shared ? box("tfhd", u32(0x020038), u32(1), u32(duration), size, flags) : box("tfhd", u32(0x020000), u32(1));
  const run = shared
    ? box("trun", u32(shift ? 0x801 : 1), u32(1), u32(0), shift ? u32(shift) : [])
    : box("trun", u32(shift ? 0xf01 : 0x701), u32(1), u32(0), u32(duration), size, flags, shift ? u32(shift) : []);
  return bytes(prft(date, decode), box("moof", box("mfhd", u32(0), u32(1)), box("traf", head, box("tfdt", [1, 0, 0, 0], u64(decode)), run)), box("mdat", data));
}

export const concat = (...all) => bytes(...all);
