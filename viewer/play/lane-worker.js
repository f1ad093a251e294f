// Reads a lane and decodes it, beside the page: what that is doing holds up no frame.
// Gets {url, writable}, where frames are written to; tells {shown}, {heard} and {failed}.

import { LaneDecoder } from "./lane-decoder.js";
import { LaneReader } from "./lane-reader.js";

/** @param {{url: string, writable: WritableStream<VideoFrame>}} what */
function play({ url, writable }) {
  const writer = writable.getWriter();
  const failed = (status, text, media) => {
    reader.close();
    decoder.close();
    postMessage({ failed: { status, text, media } });
  };
  const decoder = new LaneDecoder({
    show: (frame, date) => {
      const lasts = (frame.duration ?? 0) / 1000; // ms
      writer.write(frame).catch(() => frame.close());
      postMessage({ shown: date, at: performance.timeOrigin + performance.now(), lasts });
    },
    failed: (text) => failed(0, text, true),
  });
  const reader = new LaneReader(url, {
    type: (type) => decoder.type(type),
    pieces: (pieces) => {
      decoder.take(pieces);
      postMessage({ heard: true, runs: pieces.filter((piece) => "init" in piece).length });
    },
    failed: (status, text) => failed(status, text, false),
  });
}

addEventListener("message", ({ data }) => play(data), { once: true });
