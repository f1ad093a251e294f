import assert from "node:assert/strict";
import { test } from "node:test";
import { LAYOUT, draw } from "../../timeline/draw.js";
import { FakeElement } from "../fakes/dom.js";
import { utc } from "../fakes/zones.js";

const HOUR = 3_600_000;
const T = Date.UTC(2026, 10, 22);
const colors = Object.fromEntries(["raised", "line", "span", "soft", "faint", "live"].map((name) => [name, name]));
const window = { start: T, end: T + 10 * HOUR };

/** What was filled, each with its colour: [colour, x, y, width, height]; and what was written: [text, x]. */
function drawn(more) {
  const context = new FakeElement("canvas").getContext();
  draw(context, { width: 1000, range: window, bounds: window, spans: [], flaws: [], overview: [], edge: null, zone: utc, colors, font: "sans", ...more });
  let colour;
  const rects = [];
  const words = [];
  for (const [name, ...args] of context.calls) {
    if (name === "fillStyle=") [colour] = args;
    if (name === "fillRect") rects.push([colour, ...args]);
    if (name === "fillText") words.push(args);
  }
  return { rects, words, of: (wanted) => rects.filter(([name]) => name === wanted) };
}

const HIGH = LAYOUT.bottom - LAYOUT.top;

test("spans stand where their time is, and one that is short is still seen", () => {
  const { of } = drawn({ spans: [{ start: T, end: T + 5 * HOUR }, { start: T + 6 * HOUR, end: T + 6 * HOUR + 1000 }] });
  assert.deepEqual(of("span"), [["span", 0, LAYOUT.top, 500, HIGH], ["span", 600, LAYOUT.top, 1, HIGH]]);
});

test("flaws take off the track's height above and below, most where it stood, which is drawn last", () => {
  const flaw = (kind, hour) => ({ kind, start: T + hour * HOUR, end: T + (hour + 1) * HOUR });
  const { of } = drawn({ flaws: [flaw("standstill", 2), flaw("late", 4)] });
  const [, ...cuts] = of("raised");
  const heights = cuts.map(([, x, , , height]) => [x, Math.round((100 * height) / HIGH)]);
  assert.deepEqual(heights, [[400, 22], [400, 22], [200, 42], [200, 42]]);
});

test("the live edge is marked while it is seen", () => {
  assert.deepEqual(drawn({ edge: window.end }).of("live"), [["live", 998, LAYOUT.top, 2, HIGH]]);
  assert.deepEqual(drawn({ edge: window.end + HOUR }).of("live"), []);
});

test("ticks have labels, and the day its name", () => {
  const { words } = drawn({});
  const texts = words.map(([text]) => text);
  assert.ok(texts.filter((text) => /^\d\d:00$/.test(text)).length >= 4, texts.join());
  assert.ok(texts.some((text) => text.includes("22")), texts.join());
  for (const [, x] of words) assert.ok(x >= 0 && x <= 1000);
});

test("a part of the window shows where in it that is", () => {
  const overview = [{ start: T, end: T + 10 * HOUR }];
  const strip = (rects) => rects.filter(([, , y]) => y === LAYOUT.overview);
  assert.deepEqual(strip(drawn({ overview }).rects), []);
  assert.deepEqual(strip(drawn({ overview, range: { start: T, end: T + HOUR } }).rects), [["span", 0, LAYOUT.overview, 1000, 3]]);
});
