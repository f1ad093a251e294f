import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Poller, nextPoll } from "../../server/poller.js";
import { ServerClock } from "../../time/clock.js";
import { installDocument } from "../fakes/dom.js";
import { camera, installFetch } from "../fakes/fetch.js";
import { FakeTime, settled } from "../fakes/time.js";

test("the API is asked more often while somebody is missed, and seldom by a hidden page", () => {
  const pause = (state, reachable = true, hidden = false) => nextPoll({ camera: state, reachable, hidden });
  const calm = pause("live");
  for (const missed of [pause("starting"), pause("away"), pause(null), pause("live", false)]) {
    assert.ok(missed >= 500 && missed <= 1000 && missed < calm, `${missed} of ${calm} ms`);
  }
  assert.ok(pause("away", true, true) > calm);
});

const time = new FakeTime();
let place, poller, happened, asked, answer, instant;

beforeEach(() => {
  time.clear();
  installDocument();
  happened = [];
  instant = null;
  place = { name: "front", overview: false };
  answer = (path) => (path === "api/cameras/front" ? camera("front") : { cameras: [camera("front"), camera("garden")] });
  asked = installFetch((path) => answer(path.split("?")[0]));
  poller = new Poller(place, new ServerClock(), {
    instant: () => instant,
    cameras: (list) => happened.push(`cameras ${list.length}`),
    camera: (one) => happened.push(`camera ${one?.name ?? "none"}`),
    failed: () => happened.push("failed"),
    done: () => happened.push("done"),
  });
});

test("the list comes first, then the camera that is seen, again and again", async () => {
  await poller.poll();
  assert.deepEqual(happened, ["cameras 2", "camera front", "done"]);
  await time.pass(2100);
  assert.deepEqual(asked, ["api/cameras", "api/cameras/front"]);
  await time.pass(6000);
  assert.equal(asked.filter((path) => path === "api/cameras").length, 2);
});

test("who is in a hurry does not ask while an answer is on its way", async () => {
  const polled = poller.poll();
  poller.hurry();
  poller.hurry();
  assert.equal(asked.length, 1);
  await polled;
  assert.deepEqual(happened, ["cameras 2", "camera front", "done"]);
  poller.hurry();
  await settled();
  assert.deepEqual(asked, ["api/cameras", "api/cameras/front"]);
});

test("in the overview only the list is asked for, and in a hidden page nothing", async () => {
  Object.assign(place, { name: null, overview: true });
  instant = Date.parse("2026-11-22T21:00:00Z");
  await poller.poll();
  await time.pass(2100);
  assert.deepEqual(asked, Array(2).fill("api/cameras?at=2026-11-22T21%3A00%3A00.000Z"));
  assert.equal(poller.stillsAt, instant);
  document.hidden = true;
  await time.pass(60_000);
  assert.equal(asked.length, 3);
});

test("a camera that is away is asked for more often", async () => {
  answer = () => ({ cameras: [camera("front", { state: "away" })] });
  await poller.poll();
  await time.pass(700);
  assert.equal(asked.length, 2);
});

test("who doesn't answer is named until there is an answer", async () => {
  answer = () => new TypeError("no route");
  await poller.poll();
  assert.deepEqual([poller.away, happened], ["server", ["failed", "done"]]);
  answer = () => ({ status: 502, body: {} });
  await time.pass(700);
  assert.equal(poller.away, "controller");
  answer = () => ({ cameras: [camera("front")] });
  await time.pass(700);
  assert.equal(poller.away, null);
});

test("a camera that is refused makes it look at the list again", async () => {
  await poller.poll();
  answer = (path) => (path === "api/cameras" ? { cameras: [camera("garden")] } : { status: 404, body: { error: { code: "no-camera", message: "unknown" } } });
  await time.pass(2100);
  assert.deepEqual([poller.away, happened.slice(-2)], [null, ["failed", "done"]]);
  await time.pass(2100);
  assert.equal(happened.includes("camera none"), true);
});

test("elsewhere it asks at once, and an answer about what was left is not told", async () => {
  await poller.poll();
  time.advance(2000);
  place.name = "garden";
  poller.moved();
  await settled();
  assert.equal(happened.filter((h) => h === "camera front").length, 1);
  assert.deepEqual(happened.slice(-3), ["cameras 2", "camera garden", "done"]);
});

test("a list that leads elsewhere is new enough for that place", async () => {
  poller.on.cameras = () => {
    place.name = "garden";
    poller.moved();
  };
  await poller.poll();
  await settled();
  assert.equal(asked.length, 1);
  assert.equal(happened.includes("camera garden"), true);
});

test("a jump is followed at once by a list of that instant, and what plays on is no jump", async () => {
  await poller.poll();
  asked.length = 0;
  const then = Date.parse("2026-11-22T21:00:00Z");
  instant = then;
  time.advance(400);
  poller.follow();
  poller.follow(); // it is being asked for
  await settled();
  assert.deepEqual([asked.length, poller.stillsAt], [1, then]);
  for (let i = 0; i < 8; i++) {
    time.advance(200);
    instant += 200;
    poller.follow();
  }
  assert.equal(asked.length, 1);
  for (const to of [then - 10_000, then + 600_000, null]) {
    instant = to;
    time.advance(400);
    poller.follow();
    await settled();
    assert.equal(poller.stillsAt, to);
  }
});

test("a drag asks for no more lists than there are answers, three a second at most", async () => {
  await poller.poll();
  asked.length = 0;
  for (let i = 0; i < 20; i++) {
    instant = Date.parse("2026-11-22T21:00:00Z") + i * 60_000;
    time.advance(100);
    poller.follow();
    await settled();
  }
  assert.ok(asked.length >= 5 && asked.length <= 7, String(asked.length));
});
