// Draws the timeline on a canvas: days above, picture and gaps, ticks below
// and, when only a part is seen, where in the window that is.

import { DAY, captions, clear, periods, stepsFor, ticks } from "./ticks.js";
import { captionsFor, labelFor } from "../time/format.js";
import { fraction } from "../time/range.js";

/** CSS pixels from the top. */
export const LAYOUT = { caption: 12, top: 26, bottom: 44, tick: 48, label: 63, overview: 70, height: 74 };
const RADIUS = 5;
const LABEL_GAP = 14; // between two labels
const CAPTION_PAD = 14;
const CUT = { standstill: 0.42, late: 0.22, sparse: 0.22 }; // share of the track that a flaw takes off on both sides
const MINOR_GAP = 5; // small ticks closer than this are left out

/** @typedef {import("../time/range.js").Range} Range */

/**
 * @typedef {object} Scene
 * @property {number} width CSS pixels
 * @property {Range} range what is seen
 * @property {Range} bounds the window
 * @property {Range[]} spans of the range
 * @property {import("../server/api.js").Flaw[]} flaws of the range
 * @property {Range[]} overview spans of the window
 * @property {number|null} edge the newest picture, when it goes on
 * @property {import("../time/zone.js").Zone} zone
 * @property {Record<string, string>} colors by the names of the style sheet
 * @property {string} font family
 */

/**
 * @param {CanvasRenderingContext2D} context scaled to CSS pixels
 * @param {Scene} scene
 */
export function draw(context, scene) {
  const { width, range } = scene;
  context.clearRect(0, 0, width, LAYOUT.height);
  const x = (t) => fraction(t, range) * width;
  context.font = `12px ${scene.font}`;
  const { major, minor } = stepsFor(range, width, labelRoom(context, scene));
  /** @type {"day"|"month"} */
  const unit = major < DAY ? "day" : "month";
  const whole = periods(range, unit, scene.zone).map((p) => ({ ...p, left: place(p.start, range, width), right: place(p.end, range, width) }));
  drawTrack(context, scene, x);
  drawTicks(context, scene, x, major, minor);
  drawPeriods(context, scene, whole, unit);
  if (range.end - range.start < (scene.bounds.end - scene.bounds.start) * 0.999) drawOverview(context, scene);
}

/** Like fraction, but not held inside. */
const place = (t, { start, end }, width) => ((t - start) / (end - start)) * width;

/** How far apart labels have to be: as wide as the widest kind and a gap. Seconds and days are wider than minutes. */
function labelRoom(context, { range, width }) {
  for (const step of [60_000, 5000, DAY]) {
    const room = context.measureText(labelFor(range.start, step)).width + LABEL_GAP;
    const { major } = stepsFor(range, width, room);
    if (major < 60_000 ? step === 5000 : major < DAY ? step === 60_000 : step === DAY) return room;
  }
  return 80;
}

function drawTrack(context, { width, spans, flaws, colors, edge, range }, x) {
  const { top, bottom } = LAYOUT;
  context.save();
  context.beginPath();
  context.roundRect(0, top, width, bottom - top, RADIUS);
  context.clip();
  context.fillStyle = colors.raised;
  context.fillRect(0, top, width, bottom - top);
  context.fillStyle = colors.span;
  for (const span of spans) {
    const left = x(span.start);
    context.fillRect(left, top, Math.max(x(span.end) - left, 1), bottom - top);
  }
  // Where the picture was not what the camera saw the track is thinner: most where it stood.
  context.fillStyle = colors.raised;
  for (const { start, end, kind } of [...flaws].sort((a, b) => Number(a.kind === "standstill") - Number(b.kind === "standstill"))) {
    const left = x(start);
    const wide = Math.max(x(end) - left, 1);
    const cut = (bottom - top) * CUT[kind];
    context.fillRect(left, top, wide, cut);
    context.fillRect(left, bottom - cut, wide, cut);
  }
  context.restore();
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(0.5, top + 0.5, width - 1, bottom - top - 1, RADIUS);
  context.stroke();
  if (edge !== null && edge <= range.end && edge >= range.start) {
    context.fillStyle = colors.live;
    context.fillRect(Math.min(x(edge), width) - 2, top, 2, bottom - top);
  }
}

function drawTicks(context, { width, range, zone, colors }, x, major, minor) {
  const { bottom, tick, label } = LAYOUT;
  const line = (t, length) => context.fillRect(Math.min(Math.round(x(t)), width - 1), bottom + 2, 1, length);
  context.fillStyle = colors.line;
  if ((minor / (range.end - range.start)) * width >= MINOR_GAP) for (const t of ticks(range, minor, zone)) line(t, tick - bottom - 2);
  const labels = ticks(range, major, zone).map((t) => {
    const text = labelFor(t, major);
    return { t, text, x: x(t), width: context.measureText(text).width };
  });
  context.fillStyle = colors.faint;
  for (const { t } of labels) line(t, tick - bottom);
  context.fillStyle = colors.soft;
  context.textAlign = "center";
  for (const l of clear(labels, width, LABEL_GAP / 2)) context.fillText(l.text, l.x, label);
}

/** Days, or months, with a line where each begins and its name where there is room for it. */
function drawPeriods(context, { width, colors, font }, whole, unit) {
  context.textAlign = "left";
  context.font = `600 12px ${font}`;
  const measure = (text) => context.measureText(text).width;
  const named = whole.map(({ start, left, right }) => {
    const begins = left >= 0 && left <= width;
    return { line: begins ? Math.round(left) : null, texts: captionsFor(start, unit), left: begins ? left + 7 : left, right };
  });
  for (const { line, said } of captions(named, width, measure, CAPTION_PAD)) {
    context.fillStyle = colors.faint;
    if (line != null) context.fillRect(line, 2, 1, LAYOUT.top - 3);
    context.fillStyle = colors.soft;
    if (said) context.fillText(said.text, said.x, LAYOUT.caption);
  }
}

function drawOverview(context, { width, range, bounds, overview, colors }) {
  const y = LAYOUT.overview;
  const left = fraction(range.start, bounds) * width;
  const seen = Math.max(6, fraction(range.end, bounds) * width - left);
  context.fillStyle = colors.span;
  for (const span of overview) {
    const from = fraction(span.start, bounds) * width;
    context.fillRect(from, y, Math.max(fraction(span.end, bounds) * width - from, 1), 3);
  }
  context.fillStyle = colors.soft;
  context.beginPath();
  context.roundRect(Math.min(left, width - seen), y - 0.5, seen, 4, 2);
  context.fill();
}
