// The bytes of live.mp4 taken apart: init sections, and fragments of one frame each.
// Pure. ISO/IEC 14496-12.

/**
 * A fragment: boxes before it, moof and mdat.
 * @typedef {object} Fragment
 * @property {Uint8Array<ArrayBuffer>} bytes of all of it
 * @property {number} date program date time of its frame, ms since 1970
 * @property {number} decode decode time, ticks
 * @property {number} duration ticks
 * @property {number} shift presentation less decode time, ticks
 * @property {boolean} sync it needs none before it
 * @property {number} decodeAt where in bytes its decode time is, as 64 bits
 * @property {Uint8Array} data the coded frame, of which NAL units have their lengths before them
 */

/** @typedef {{init: Uint8Array<ArrayBuffer>, timescale: number}} Init timescale: ticks a second */

const MOST = 64 << 20; // bytes of a box; a longer one is no frame
const ENTRY = 78; // bytes of a visual sample entry before the boxes in it
const NTP = 2_208_988_800; // s from 1900 to 1970

const kindOf = (view, at) => String.fromCharCode(view.getUint8(at + 4), view.getUint8(at + 5), view.getUint8(at + 6), view.getUint8(at + 7));

/**
 * The boxes from `at` to `end`, one after the other.
 * @param {DataView} view
 * @returns {Generator<{kind: string, at: number, end: number}>} at: behind its head
 */
function* boxes(view, at, end) {
  while (at + 8 <= end) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > end) throw new Error("a box is longer than what it lies in");
    yield { kind: kindOf(view, at), at: at + 8, end: at + size };
    at += size;
  }
}

function child(view, at, end, ...way) {
  for (const kind of way) {
    const found = [...boxes(view, at, end)].find((b) => b.kind === kind);
    if (!found) throw new Error(`no ${kind} box`);
    ({ at, end } = found);
  }
  return { at, end };
}

/**
 * One piece of several; the piece itself where there is one.
 * @param {Uint8Array<ArrayBuffer>[]} pieces
 */
export function joined(pieces) {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of pieces) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}

/** Takes bytes as they come. */
export class Boxes {
  /** @type {Uint8Array<ArrayBuffer>[]} what has come of the piece that is not whole */
  #chunks = [];
  #size = 0;
  #need = 8; // bytes until more of it is known

  /**
   * @param {Uint8Array<ArrayBuffer>} chunk
   * @returns {(Init|Fragment)[]} what is whole by now
   */
  push(chunk) {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    /** @type {(Init|Fragment)[]} */
    const pieces = [];
    while (this.#size >= this.#need) {
      const all = joined(this.#chunks);
      const end = pieceEnd(all);
      if (end > all.length) {
        this.#chunks = [all];
        this.#need = end;
        break;
      }
      pieces.push(piece(all.slice(0, end)));
      this.#chunks = [all.subarray(end)];
      this.#size = all.length - end;
      this.#need = 8;
    }
    return pieces;
  }
}

/** Where the piece that begins `bytes` ends; more than there are where that is how many it takes to know. */
function pieceEnd(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; ; ) {
    if (at + 8 > bytes.length) return at + 8;
    const size = view.getUint32(at);
    if (size < 8 || size > MOST) throw new Error("what came is no MP4");
    const kind = kindOf(view, at);
    at += size;
    if (kind === "moov" || kind === "mdat") return at;
  }
}

/** @returns {Init|Fragment} */
function piece(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const all = [...boxes(view, 0, bytes.length)];
  const found = (kind) => all.find((b) => b.kind === kind);
  const moov = found("moov");
  if (moov) return { init: bytes, timescale: timescaleOf(view, moov) };
  const [prft, moof, mdat] = [found("prft"), found("moof"), found("mdat")];
  if (!prft || !moof || !mdat) throw new Error("a fragment without a time");
  return { bytes, date: dateOf(view, prft.at), data: bytes.subarray(mdat.at, mdat.end), ...timesOf(view, moof) };
}

function timescaleOf(view, moov) {
  const { at } = child(view, moov.at, moov.end, "trak", "mdia", "mdhd");
  return view.getUint32(at + (view.getUint8(at) === 1 ? 20 : 12));
}

function dateOf(view, at) {
  const seconds = view.getUint32(at + 8);
  // From 2036 on NTP counts anew (RFC 4330, 3).
  const since = seconds >= 2 ** 31 ? seconds - NTP : seconds + 2 ** 32 - NTP;
  return Math.round((since + view.getUint32(at + 12) / 2 ** 32) * 1e6) / 1000;
}

/** Of its first track, whose one sample is the frame. */
function timesOf(view, moof) {
  const traf = child(view, moof.at, moof.end, "traf");
  const tfdt = child(view, traf.at, traf.end, "tfdt").at;
  if (view.getUint8(tfdt) !== 1) throw new Error("a decode time of 32 bits");
  const head = headOf(view, child(view, traf.at, traf.end, "tfhd").at);
  const run = runOf(view, child(view, traf.at, traf.end, "trun").at);
  const flags = run.flags ?? head.flags ?? 0;
  return {
    decode: Number(view.getBigUint64(tfdt + 4)), decodeAt: tfdt + 4,
    duration: run.duration ?? head.duration ?? 0, shift: run.shift ?? 0, sync: (flags & 0x10000) === 0,
  };
}

/** What a track says of all its samples (8.8.7). */
function headOf(view, at) {
  const has = view.getUint32(at) & 0xffffff;
  let next = at + 8;
  const field = (flag, size = 4) => {
    if (!(has & flag)) return undefined;
    next += size;
    return view.getUint32(next - 4);
  };
  field(0x1, 8);
  field(0x2);
  const duration = field(0x8);
  field(0x10);
  return { duration, flags: field(0x20) };
}

/** What a run says of its first sample (8.8.8). */
function runOf(view, at) {
  const has = view.getUint32(at) & 0xffffff;
  let next = at + 8;
  const field = (flag) => {
    if (!(has & flag)) return undefined;
    next += 4;
    return view.getUint32(next - 4);
  };
  field(0x1);
  const first = field(0x4);
  const duration = field(0x100);
  field(0x200);
  const flags = field(0x400);
  const shift = field(0x800);
  return { duration, flags: first ?? flags, shift: shift === undefined ? 0 : shift | 0 };
}

/**
 * What a decoder has to know of an init section (WebCodecs, AVC and HEVC registration).
 * @param {Uint8Array} init
 * @param {string} type as Content-Type has it
 */
export function decoderConfig(init, type) {
  const codec = /codecs="?([^",;]+)/.exec(type)?.[1] ?? "";
  const view = new DataView(init.buffer, init.byteOffset, init.length);
  const moov = child(view, 0, init.length, "moov");
  const stsd = child(view, moov.at, moov.end, "trak", "mdia", "minf", "stbl", "stsd");
  const [entry] = boxes(view, stsd.at + 8, stsd.end);
  if (!entry) throw new Error("no sample entry");
  const config = [...boxes(view, entry.at + ENTRY, entry.end)].find((b) => b.kind === "avcC" || b.kind === "hvcC");
  if (!config) throw new Error("no decoder configuration");
  return { codec, description: init.slice(config.at, config.end) };
}

/**
 * The same fragment with another decode time, in place.
 * @param {Fragment} fragment
 * @param {number} decode ticks
 */
export function moveTo({ bytes, decodeAt }, decode) {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length).setBigUint64(decodeAt, BigInt(Math.round(decode)));
}
