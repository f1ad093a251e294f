import assert from "node:assert/strict";
import { test } from "node:test";
import { bestGrid } from "../../tiles/grid.js";

test("all cameras fit on a screen, as large as they can be", () => {
  assert.deepEqual(bestGrid(2, 1280, 670), { columns: 2, rows: 1, scrolls: false });
  assert.deepEqual(bestGrid(4, 1280, 670), { columns: 2, rows: 2, scrolls: false });
  assert.deepEqual(bestGrid(9, 1280, 670), { columns: 3, rows: 3, scrolls: false });
  assert.deepEqual(bestGrid(16, 1280, 670), { columns: 4, rows: 4, scrolls: false });
  assert.deepEqual(bestGrid(3, 390, 714), { columns: 1, rows: 3, scrolls: false });
});

test("where they would be too small the page scrolls", () => {
  assert.deepEqual(bestGrid(16, 390, 714), { columns: 2, rows: 8, scrolls: true });
  assert.deepEqual(bestGrid(4, 390, 300), { columns: 1, rows: 4, scrolls: true });
  assert.deepEqual(bestGrid(40, 1280, 670), { columns: 5, rows: 8, scrolls: true });
});
