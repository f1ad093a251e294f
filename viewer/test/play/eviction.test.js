import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { reportRemovalsBetweenParts } from "../../play/eviction.js";

const EVENTS = { FRAG_LOADING: "loading", FRAG_LOADED: "loaded", FRAG_BUFFERED: "buffered", ERROR: "error-event", BUFFER_FLUSHED: "flushed" };

/** A player that notes what its own parts are told, in order. */
function player() {
  const hls = new EventEmitter();
  hls.trigger = (event, data) => hls.emit(event, data);
  const heard = [];
  for (const event of Object.values(EVENTS)) hls.on(event, (data) => heard.push(data?.start === undefined ? event : `${event} ${data.start}`));
  reportRemovalsBetweenParts(hls, EVENTS);
  return { hls, heard };
}

test("the end of a removal waits until the part is appended", () => {
  const { hls, heard } = player();
  hls.trigger("loading", {});
  hls.trigger("loaded", { part: {} });
  hls.trigger("flushed", { start: 1 });
  hls.trigger("flushed", { start: 2 });
  assert.deepEqual(heard, ["loading", "loaded"]);
  hls.trigger("buffered", {});
  assert.deepEqual(heard, ["loading", "loaded", "buffered", "flushed 1", "flushed 2"]);
});

test("between parts, and while a whole segment is appended, it is told at once", () => {
  const { hls, heard } = player();
  hls.trigger("flushed", { start: 1 });
  hls.trigger("loaded", { part: null });
  hls.trigger("flushed", { start: 2 });
  hls.trigger("loaded", { part: {} });
  hls.trigger("buffered", {});
  hls.trigger("flushed", { start: 3 });
  assert.deepEqual(heard, ["flushed 1", "loaded", "flushed 2", "loaded", "buffered", "flushed 3"]);
});

for (const end of ["error-event", "loading"]) {
  test(`a part that was never appended holds nothing back (${end})`, () => {
    const { hls, heard } = player();
    hls.trigger("loaded", { part: {} });
    hls.trigger("flushed", { start: 1 });
    hls.trigger(end, {});
    assert.deepEqual(heard, ["loaded", end, "flushed 1"]);
  });
}
