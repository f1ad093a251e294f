// The overview's grid. Pure.

const LEAST = 220; // pixels of a tile's width; smaller ones show nothing
const FEW = 4; // cameras that a phone shows one below the other
const RATIO = 16 / 9;

/**
 * The columns and rows in which so many pictures are largest, without scrolling where they can be seen so.
 * @param {number} count
 * @param {number} width pixels
 * @param {number} height pixels
 */
export function bestGrid(count, width, height) {
  let best = { columns: 1, rows: count, size: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const size = Math.min(width / columns, (height / rows) * RATIO);
    if (size > best.size) best = { columns, rows, size };
  }
  if (best.size >= LEAST) return { columns: best.columns, rows: best.rows, scrolls: false };
  const columns = Math.max(count > FEW ? 2 : 1, Math.min(count, Math.floor(width / LEAST)));
  return { columns, rows: Math.ceil(count / columns), scrolls: true };
}
