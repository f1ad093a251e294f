// Which tile gets its picture next, and how much a page may load. Pure; times in ms.

/**
 * @typedef {object} Due
 * @property {boolean} seen it is on the screen, or nearly
 * @property {string|null} wanted the URL of the still it ought to show
 * @property {string|null} drawn the URL of the one it shows
 * @property {number} triedAt monotonic ms
 * @property {boolean} playing it moves
 */

/**
 * The tiles whose pictures are to be loaded now, the longest untried first.
 * @template {Due} T
 * @param {T[]} tiles
 * @param {number} now monotonic
 * @param {object} limits
 * @param {number} limits.every a tile's pictures are so far apart
 * @param {number} limits.most so many may begin to load
 * @param {boolean} [limits.first] only those that have none yet
 * @returns {T[]}
 */
export function due(tiles, now, { every, most, first = false }) {
  if (most <= 0) return [];
  return tiles
    .filter((t) => t.seen && !t.playing && t.wanted && t.wanted !== t.drawn && !(first && t.drawn) && now - t.triedAt >= every)
    .sort((a, b) => a.triedAt - b.triedAt)
    .slice(0, most);
}

/**
 * How far apart the pictures of one tile are: many cameras share what a few may take.
 * @param {number} count of cameras
 * @param {boolean} overview
 */
export const stillsEvery = (count, overview) => (overview ? Math.max(3000, 300 * count) : Math.max(6000, 600 * count));

/**
 * How many pictures may load at once. A browser opens six HTTP/1.1 connections
 * to a host, and a low-latency player holds two: with another one that gets
 * ready and the API's that is five.
 * @param {boolean} roomy in the overview, where a tile plays, and beside a picture of the past, which holds none of them
 */
export const stillsAtOnce = (roomy) => (roomy ? 2 : 1);

/**
 * How many tiles of the overview may play live: player, pictures and API fit
 * into six connections once. HTTP/2 has no such limit, but processors do.
 * @param {boolean} multiplexed requests don't wait for each other
 */
export const livePlaces = (multiplexed) => (multiplexed ? 4 : 1);

/**
 * The tiles that play live: the one that has the attention, then what is seen, in order.
 * @param {{name: string, seen: boolean, able: boolean}[]} tiles
 * @param {string|null} attention a name
 * @param {{places: number, sparing: boolean}} limits sparing: nothing plays unasked
 * @returns {string[]}
 */
export function playing(tiles, attention, { places, sparing }) {
  const able = tiles.filter((t) => t.seen && t.able).map((t) => t.name);
  const first = able.filter((name) => name === attention);
  const rest = sparing ? [] : able.filter((name) => name !== attention);
  return [...first, ...rest].slice(0, places);
}
