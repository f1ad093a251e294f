/* global Headers */
// A server that answers as the test says.

/** A camera as the API describes it. */
export const camera = (name, more) => ({
  name, title: `The ${name}`, state: "live", since: "2026-11-22T21:00:00.000Z", reason: null, health: [], source: "rtsp://host/", plan: "copying H.264", plan_reasons: [],
  window: { start: "2026-11-22T20:00:00.000Z", end: "2026-11-22T21:54:00.000Z", seconds: 6840, bytes: 1, bytes_per_hour: 1 },
  live: { edge: "2026-11-22T21:54:00.000Z", edge_age_seconds: 0.1, part_target_seconds: 0.1, target_duration_seconds: 2, segment_seconds: 2 },
  video: { codecs: "avc1.42c01f", width: 1280, height: 720, frame_rate: 25 },
  urls: { live: `hls/${name}/live.m3u8`, window: `hls/${name}/window.m3u8` },
  picture: { at: "2026-11-22T21:53:58.000Z", url: `hls/${name}/pictures/7.mp4` }, forecast: null, ...more,
});

const stream = (pieces, every) => ({
  cancel: () => {},
  getReader: () => {
    const left = [...pieces];
    return {
      async read() {
        if (every) await new Promise((resolve) => {
          setTimeout(resolve, every);
        });
        return left.length ? { done: false, value: new Uint8Array(left.shift()) } : { done: true };
      },
    };
  },
});

/**
 * Takes the place of fetch.
 * @param {(path: string) => object|Error} answer the body, {status, body, type, url, html, headers, pieces, every}, or what fails; pieces: lengths of what comes one after the other, every so many ms
 * @returns {string[]} what was asked for
 */
export function installFetch(answer) {
  const asked = [];
  globalThis.fetch = async (path, options) => {
    asked.push(String(path));
    Object.defineProperty(asked, "options", { value: options, configurable: true });
    const made = answer(String(path));
    if (made instanceof Error) throw made;
    const { status = 200, body = made, type = "basic", redirected = false, url = "", html = false, pieces = [], every = 0 } = made;
    const headers = new Headers({ "Content-Type": html ? "text/html; charset=utf-8" : "application/json", ...made.headers });
    if (html) return { ok: status < 400, status, statusText: "", type, redirected, headers, json: async () => JSON.parse("<!doctype html>") };
    return { ok: status >= 200 && status < 400, status, statusText: `status ${status}`, type, redirected, url, headers, json: async () => structuredClone(body), body: stream(pieces, every) };
  };
  return asked;
}
