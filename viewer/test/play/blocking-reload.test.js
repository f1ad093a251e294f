import assert from "node:assert/strict";
import { test } from "node:test";
import { blockingLoader } from "../../play/blocking-reload.js";

const POLICY = { loadPolicy: { maxTimeToFirstByteMs: 1600, maxLoadTimeMs: 1600, errorRetry: null }, timeout: 1600 };

/** A loader that notes what is asked of it, and answers as it is told. */
function network() {
  const asked = [];
  class Loader {
    constructor() {
      this.stats = { loading: { start: 0, first: 0, end: 0 } };
    }
    load(context, config, callbacks) {
      asked.push({ url: context.url, config, callbacks, loader: this });
    }
    abort() {
      this.aborted = true;
    }
    destroy() {
      this.destroyed = true;
    }
    getCacheAge() {
      return 7;
    }
    getResponseHeader(name) {
      return name;
    }
  }
  return { asked, Loader };
}

const DETAILS = { canBlockReload: true, partTarget: 0.1, targetduration: 2, endSN: 41, lastPartSn: 42, lastPartIndex: 5 };

function ask(context, details = DETAILS, parts = undefined) {
  const { asked, Loader } = network();
  const heard = [];
  const callback = (name) => (...args) => heard.push([name, ...args]);
  const callbacks = { onSuccess: callback("success"), onError: callback("error"), onTimeout: callback("timeout"), onAbort: callback("abort") };
  const Blocking = blockingLoader(Loader, () => details, parts);
  const loader = new Blocking({});
  const whole = { type: "level", url: "hls/front/live.m3u8?_HLS_skip=YES", deliveryDirectives: null, ...context };
  loader.load(whole, POLICY, callbacks);
  return { asked, heard, loader, context: whole };
}

test("a request that would not be held asks for what comes next", () => {
  const next = (details) => ask({}, { ...DETAILS, ...details }).asked[0].url.split("?")[1];
  assert.equal(next({}), "_HLS_skip=YES&_HLS_msn=42&_HLS_part=6");
  assert.equal(next({ lastPartSn: 41, lastPartIndex: 19 }), "_HLS_skip=YES&_HLS_msn=42&_HLS_part=0");
  assert.equal(next({ lastPartSn: 0, lastPartIndex: -1 }), "_HLS_skip=YES&_HLS_msn=42&_HLS_part=0");
  assert.equal(ask({ url: "live.m3u8" }).asked[0].url, "live.m3u8?_HLS_msn=42&_HLS_part=6");
});

test("where whole segments are loaded each of them is waited for", () => {
  const { asked } = ask({}, DETAILS, () => false);
  assert.equal(asked[0].url.split("?")[1], "_HLS_skip=YES&_HLS_msn=42");
});

test("what hls.js asks for is left as it is, and has time", () => {
  const { asked } = ask({ url: "live.m3u8?_HLS_msn=43&_HLS_part=1", deliveryDirectives: { msn: 43, part: 1 } });
  assert.equal(asked[0].url, "live.m3u8?_HLS_msn=43&_HLS_part=1");
  assert.deepEqual(asked[0].config, { loadPolicy: { maxTimeToFirstByteMs: 7000, maxLoadTimeMs: 7000, errorRetry: null }, timeout: 7000 });
});

test("nothing is held of a first playlist, of one that is not followed, or by a server that can't", () => {
  for (const [context, details] of [[{}, null], [{ type: "manifest" }, DETAILS], [{}, { ...DETAILS, canBlockReload: false }], [{}, { ...DETAILS, partTarget: 0 }]]) {
    const { asked } = ask(context, details);
    assert.equal(asked[0].url, "hls/front/live.m3u8?_HLS_skip=YES");
    assert.equal(asked[0].config, POLICY);
  }
});

test("how long it was held is not the playlist's age", () => {
  const { asked, heard, context } = ask({});
  const stats = { loading: { start: 1000, first: 4000, end: 4002 } };
  asked[0].callbacks.onSuccess({ data: "#EXTM3U" }, stats, { url: "other" }, "network");
  assert.deepEqual(heard, [["success", { data: "#EXTM3U" }, { loading: { start: 4000, first: 4000, end: 4002 } }, context, "network"]]);
});

test("without news, and where there is another playlist now, it is read as it is", () => {
  for (const code of [503, 400]) {
    const { asked, heard, loader } = ask({});
    asked[0].callbacks.onError({ code }, {}, null, {});
    assert.deepEqual(heard, []);
    assert.equal(asked.length, 2);
    assert.equal(asked[1].url, "hls/front/live.m3u8?_HLS_skip=YES");
    assert.ok(asked[0].loader.destroyed);
    asked[1].callbacks.onSuccess("as it is");
    assert.deepEqual(heard, [["success", "as it is"]]);
    loader.abort();
    assert.ok(asked[1].loader.aborted && !asked[0].loader.aborted);
  }
});

test("every other trouble is hls.js' own", () => {
  const { asked, heard, loader, context } = ask({});
  asked[0].callbacks.onError({ code: 0 }, {}, null, "stats");
  asked[0].callbacks.onTimeout("stats", {}, null);
  asked[0].callbacks.onAbort("stats", {}, null);
  assert.deepEqual(heard, [["error", { code: 0 }, context, null, "stats"], ["timeout", "stats", context, null], ["abort", "stats", context, null]]);
  assert.equal(asked.length, 1);
  assert.equal(loader.getCacheAge() + loader.getResponseHeader("age"), "7age");
});
