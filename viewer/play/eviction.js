// What hls.js is told of old pictures that have left its buffer, and when. Pure but for the player it is given.

/**
 * Keeps the end of a removal (BUFFER_FLUSHED) from hls.js while it appends a part.
 *
 * hls.js (seen with 1.7.4) drops what it knows of every segment that is being
 * appended when a removal ends, though that removed other pictures. The parts
 * it had of the growing segment then count as not loaded, and where rounding
 * puts the buffer's end a microsecond before the segment's, it looks for them
 * for ever: the picture stands about once a minute or two.
 *
 * @param {{trigger: any, on: any}} hls a player that has not begun yet
 * @param {{[name: string]: string}} events hls.js' Events
 */
export function reportRemovalsBetweenParts(hls, { FRAG_LOADED, FRAG_BUFFERED, FRAG_LOADING, ERROR, BUFFER_FLUSHED }) {
  const trigger = hls.trigger.bind(hls);
  let appending = false;
  /** @type {object[]} */
  let waiting = [];
  hls.trigger = (event, data) => {
    // Before anyone hears of it: what listens to FRAG_LOADED appends at once.
    if (event === FRAG_LOADED) appending = Boolean(data.part);
    if (event !== BUFFER_FLUSHED || !appending) return trigger(event, data);
    waiting.push(data);
    return true;
  };
  const tellAll = () => {
    appending = false;
    const due = waiting;
    waiting = [];
    for (const data of due) trigger(BUFFER_FLUSHED, data);
  };
  // The append ended well, ended badly, or was given up for another one.
  for (const event of [FRAG_BUFFERED, ERROR, FRAG_LOADING]) hls.on(event, tellAll);
}
