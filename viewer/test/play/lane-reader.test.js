import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { LaneReader } from "../../play/lane-reader.js";
import { concat, fragment, initSection } from "../fakes/mp4.js";
import { FakeTime, settled } from "../fakes/time.js";

const time = new FakeTime();
let asked, happened;
Date.now = () => 1_700_000_000_000 + time.now;

beforeEach(() => {
  time.clear();
  asked = [];
  happened = [];
});

const on = {
  type: (type) => happened.push(["type", type]),
  pieces: (pieces) => happened.push(["pieces", pieces.length]),
  failed: (status, text) => happened.push(["failed", status, text]),
};

/** An answer whose bytes the test brings. */
function answer(status = 200, type = 'video/mp4; codecs="avc1.64001f"') {
  let take, fail;
  const waiting = [];
  return {
    status,
    ok: status === 200,
    headers: { get: () => type },
    body: { getReader: () => ({
      read: () => (waiting.length > 0 ? Promise.resolve(waiting.shift()) : new Promise((resolve, reject) => {
        [take, fail] = [resolve, reject];
      })),
    }) },
    bring(...parts) {
      const value = { done: false, value: concat(...parts) };
      if (take) take(value);
      else waiting.push(value);
      take = null;
    },
    end: () => take({ done: true }),
    abort: () => fail?.(new Error("aborted")),
  };
}

/** A reader whose requests get these answers, one after the other, and none behind the last. */
function read(...answers) {
  return new LaneReader("live.mp4", on, (url, { signal }) => {
    asked.push(url);
    const next = answers.shift();
    if (!next) return Promise.reject(new TypeError("Failed to fetch"));
    signal.addEventListener("abort", () => next.abort());
    return Promise.resolve(next);
  });
}

const frame = (age = 0) => fragment({ date: Date.now() - age });

async function pass(ms, step = 100) {
  for (let t = 0; t < ms; t += step) {
    time.advance(step);
    await settled();
  }
}

test("what comes is told piece by piece", async () => {
  const one = answer();
  read(one);
  await settled();
  one.bring(initSection(), frame());
  await settled();
  one.bring(frame().slice(0, 20));
  await settled();
  assert.deepEqual(happened, [["type", 'video/mp4; codecs="avc1.64001f"'], ["pieces", 2]]);
});

test("what has ended is asked for again, and goes on", async () => {
  const [one, two] = [answer(), answer()];
  read(one, two);
  await settled();
  one.bring(initSection(), frame());
  await settled();
  one.end();
  await pass(300);
  two.bring(initSection(), frame());
  await settled();
  assert.equal(asked.length, 2);
  assert.equal(happened.filter(([name]) => name === "pieces").length, 2);
  assert.ok(!happened.some(([name]) => name === "failed"));
});

test("within two seconds without a frame somebody else is to play", async () => {
  for (const answers of [[], [answer(503)], [answer(200, "text/html")], [answer()]]) {
    happened = [];
    read(...answers);
    await settled();
    await pass(2200);
    assert.equal(happened.filter(([name]) => name === "failed").length, 1, JSON.stringify(happened));
  }
});

test("the status that was answered is told", async () => {
  read(...Array.from({ length: 20 }, () => answer(404)));
  await pass(2200);
  assert.deepEqual(happened.at(-1), ["failed", 404, "HTTP 404"]);
});

test("what comes too late soon after it was opened is given up at once: the way carries less", async () => {
  const one = answer();
  read(one);
  await settled();
  one.bring(initSection(), frame());
  await settled();
  one.bring(frame(600));
  await settled();
  assert.equal(happened.at(-1)[0], "failed");
});

test("what comes much later than it could is opened anew twice, and then given up", async () => {
  const answers = [answer(), answer(), answer()];
  read(...answers);
  await settled();
  for (let t = 0; t < 3100; t += 100) {
    answers[0].bring(t === 0 ? initSection() : frame());
    await pass(100);
  }
  for (const one of answers) {
    await settled();
    one.bring(initSection(), frame());
    await settled();
    one.bring(frame(600));
    await settled();
    await pass(300);
  }
  assert.equal(asked.length, 3);
  assert.equal(happened.at(-1)[0], "failed");
});

test("this machine's clock does not matter: late is what is later than the best", async () => {
  const one = answer();
  read(one);
  await settled();
  one.bring(initSection(), ...[90_000, 90_040, 89_980].map((age) => frame(age)));
  await settled();
  assert.ok(!happened.some(([name]) => name === "failed"));
  assert.equal(asked.length, 1);
});

test("closed, nothing is told any more", async () => {
  const one = answer();
  const reader = read(one);
  await settled();
  reader.close();
  await pass(5000);
  assert.deepEqual(happened, [["type", 'video/mp4; codecs="avc1.64001f"']]);
  assert.equal(asked.length, 1);
});
