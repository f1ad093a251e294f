import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Away, Refused, getCamera, getCameras, getNextPicture, getTimeline, whoServes } from "../../server/api.js";
import { ServerClock } from "../../time/clock.js";
import { camera, installFetch } from "../fakes/fetch.js";

const T = Date.parse("2026-11-22T21:54:00.000Z");
let clock;
beforeEach(() => (clock = new ServerClock()));

test("cameras are asked for as they are now, or as they were", async () => {
  const asked = installFetch(() => ({ now: "2026-11-22T21:54:00.000Z", cameras: [camera("front")] }));
  assert.equal((await getCameras(clock))[0].name, "front");
  await getCameras(clock, T);
  assert.deepEqual(asked, ["api/cameras", "api/cameras?at=2026-11-22T21%3A54%3A00.000Z"]);
  assert.ok(Math.abs(clock.now() - T) < 5000);
});

test("one camera", async () => {
  const asked = installFetch(() => ({ now: "2026-11-22T21:54:00.000Z", ...camera("front") }));
  assert.equal((await getCamera("front", clock)).title, "The front");
  assert.deepEqual(asked, ["api/cameras/front"]);
});

test("the timeline's instants are ms, and only what is given is asked for", async () => {
  const span = { start: "2026-11-22T21:00:00.000Z", end: "2026-11-22T21:54:00.000Z" };
  const asked = installFetch(() => ({ now: span.end, spans: [span], flaws: [{ ...span, kind: "late" }] }));
  const hour = { start: T - 54 * 60_000, end: T };
  assert.deepEqual(await getTimeline("front", clock), { spans: [hour], flaws: [{ ...hour, kind: "late" }] });
  await getTimeline("front", clock, { from: T - 1000, points: 9 });
  assert.deepEqual(asked, ["api/cameras/front/timeline?", "api/cameras/front/timeline?from=2026-11-22T21%3A53%3A59.000Z&points=9"]);
});

test("the next picture is where the first span begins, or nowhere", async () => {
  installFetch(() => ({ now: "", spans: [{ start: "2026-11-22T21:00:00.000Z", end: "2026-11-22T21:01:00.000Z" }], flaws: [] }));
  assert.equal(await getNextPicture("front", clock, T), T - 54 * 60_000);
  installFetch(() => ({ now: "", spans: [], flaws: [] }));
  assert.equal(await getNextPicture("front", clock, T), null);
});

test("a small gap is not closed: near by the question is exact, and only then goes far", async () => {
  const far = { start: "2026-11-22T23:00:00.000Z", end: "2026-11-22T23:01:00.000Z" };
  const asked = installFetch((path) => ({ now: "", spans: path.includes("&to=") ? [] : [far], flaws: [] }));
  assert.equal(await getNextPicture("front", clock, T), T + 66 * 60_000);
  assert.deepEqual(asked.map((path) => new URLSearchParams(path.split("?")[1]).get("to")), ["2026-11-22T22:04:00.000Z", null]);
});

test("who doesn't answer is named, and who says no is heard", async () => {
  installFetch(() => new TypeError("no route"));
  await assert.rejects(getCameras(clock), (error) => error instanceof Away && error.who === "server");
  for (const answer of [{ status: 502, body: {} }, { status: 504, body: {} }, { status: 200, body: null }, { status: 502, html: true }, { status: 503, html: true }]) {
    installFetch(() => answer);
    await assert.rejects(getCameras(clock), (error) => error instanceof Away && error.who === "controller");
  }
  installFetch(() => ({ status: 404, body: { error: { code: "no-camera", message: "no such camera" } } }));
  await assert.rejects(getCamera("x", clock), (error) => error instanceof Refused && error.status === 404 && error.message === "no such camera");
  installFetch(() => ({ status: 500, body: {} }));
  await assert.rejects(getCamera("x", clock), /status 500/);
  assert.equal(clock.synced, false);
});

test("whatever answers instead of the controller is told apart: a login, or its status", async () => {
  const between = [
    [{ type: "opaqueredirect", status: 0, body: null }, "login"],
    [{ redirected: true, html: true }, "login"], // a preload follows
    [{ html: true }, "login"],
    [{ status: 401, html: true }, 401],
    [{ status: 401, body: { error: { code: "invalid_token" } } }, 401],
    [{ status: 403, body: null }, 403],
    [{ status: 404, html: true }, 404],
    [{ status: 404, body: { detail: "Not Found" } }, 404],
    [{ status: 404, body: { error: { code: "not-found", message: "There is nothing under this path." } } }, 404], // a proxy leads elsewhere
    [{ status: 421, html: true }, 421],
  ];
  for (const [answer, who] of between) {
    const asked = installFetch(() => answer);
    await assert.rejects(getCameras(clock), (error) => error instanceof Away && error.who === who, JSON.stringify(answer));
    assert.equal(asked.options.redirect, "manual");
  }
});

test("who answers instead of media is told by their playlist, whose redirects are the server's own", async () => {
  const who = (answer) => {
    const asked = installFetch((path) => answer(asked.options.redirect, path));
    return whoServes("hls/front/live.m3u8");
  };
  for (const status of [401, 403, 404]) assert.equal(await who(() => ({ status, html: true })), status);
  assert.equal(await who(() => ({ status: 200, html: true, redirected: true })), "login");
  assert.equal(await who((redirect) => (redirect === "manual" ? { type: "opaqueredirect", status: 0, body: null } : new TypeError("another origin"))), "login");
  assert.equal(await who(() => ({ redirected: true, headers: { "Content-Type": "application/vnd.apple.mpegurl" } })), null);
  assert.equal(await who(() => ({ status: 502, html: true })), null);
  assert.equal(await who(() => new TypeError("no network")), null);
});

/** A proxy with HTTP authentication: where the browser asks for a password nothing ends, and without credentials it is 401. */
function guarded({ api = true, page = true, known = false }) {
  const asked = installFetch((path) => {
    const { credentials = "same-origin" } = asked.options;
    if (!(path === "." ? page : api)) return { now: new Date(T).toISOString(), cameras: [] };
    if (credentials === "omit") return { status: 401, html: true };
    return known && path === "." ? { html: true } : new DOMException("", "TimeoutError");
  });
  return asked;
}

test("where the browser asks for a password, that is what is told, and it is not asked for again and again", async () => {
  const told = (who) => (error) => error instanceof Away && error.who === who;
  const asked = guarded({});
  await assert.rejects(getCameras(clock), told(401));
  assert.deepEqual(asked, ["api/cameras", "api/cameras", ".", "."]);
  await assert.rejects(getCameras(clock), told(401));
  assert.deepEqual([asked.length, asked.options.credentials], [5, "omit"]);
  // Somebody may have logged in meanwhile.
  const monotonic = performance.now;
  performance.now = () => monotonic.call(performance) + 61_000;
  const given = installFetch(() => ({ now: new Date(T).toISOString(), cameras: [] }));
  assert.deepEqual([await getCameras(clock), given.options.credentials], [[], "same-origin"]);
  performance.now = monotonic;
  guarded({ api: false });
  assert.deepEqual(await getCameras(clock), []);
  assert.equal(await whoServes("hls/front/live.m3u8"), null);
  guarded({ page: false });
  await assert.rejects(getCameras(clock), told(401));
  assert.equal(await whoServes("hls/front/live.m3u8"), 401);
  installFetch(() => new DOMException("", "TimeoutError")); // nothing ends
  await assert.rejects(getCameras(clock), told("server"));
  // The browser knows the password, with which the page comes.
  guarded({ known: true });
  await assert.rejects(getCameras(clock), told("server"));
  assert.equal(await whoServes("hls/front/live.m3u8"), null);
});

/** Asks from 1000 to 1600, of which the browser says that. */
async function askTimed(ask, url, ...entries) {
  const { getEntriesByName, now } = performance;
  const times = [1000, 1600];
  performance.now = () => times.shift() ?? 1600;
  performance.getEntriesByName = (/** @type {string} */ name) => /** @type {any} */ (name === url ? entries : []);
  try {
    installFetch(() => ({ body: { now: "2026-11-22T21:54:00.000Z", cameras: [] }, url }));
    await ask(clock);
  } finally {
    Object.assign(performance, { getEntriesByName, now });
  }
}

test("the browser's own times count, where scripts hear of an answer late", async () => {
  await askTimed(getCameras, "http://host/late", { requestStart: 1001, responseStart: 1003 });
  assert.equal(clock.offset, T - 1002);
});

test("what was asked for ahead of the scripts was answered then, and only once", async () => {
  const { getCameras: ask } = await import(`../../server/api.js?${"as a page that opens"}`);
  const ahead = { initiatorType: "link", requestStart: 20, responseStart: 24 };
  await askTimed(ask, "http://host/ahead", ahead);
  assert.equal(clock.offset, T - 22);
  clock = new ServerClock();
  await askTimed(ask, "http://host/ahead", ahead); // its own is not entered yet
  assert.equal(clock.offset, T - 1300);
});
