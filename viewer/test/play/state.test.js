import assert from "node:assert/strict";
import { test } from "node:test";
import { nextState } from "../../play/state.js";

const playing = { mode: "live", picture: true, paused: false, moving: true, latency: 0.3, limit: 2, joining: false, failed: false, camera: "live", reachable: true };

const cases = [
  ["nothing yet", { picture: false, moving: false, latency: null, camera: null }, "connecting"],
  ["close to the camera", {}, "live"],
  ["the API has not answered yet, the picture moves", { camera: null }, "live"],
  ["the API is away, the picture moves", { reachable: false }, "live"],
  ["late", { latency: 2.1 }, "behind"],
  ["late, having just come", { latency: 2.1, joining: true }, "connecting"],
  ["late, in whole segments", { latency: 5, limit: 7 }, "live"],
  ["a picture that stands", { moving: false }, "stalled"],
  ["a picture that stands because the camera does", { moving: false, camera: "away" }, "away"],
  ["the end of what was recorded of a camera that is no longer named", { moving: false, camera: "ended" }, "ended"],
  ["its history plays as any", { mode: "history", camera: "ended" }, "rewound"],
  ["the last pictures of a camera that went away", { camera: "away" }, "live"],
  ["never a picture", { picture: false, moving: false, camera: "starting" }, "starting"],
  ["stands, and nobody answers", { moving: false, reachable: false, camera: "away" }, "unreachable"],
  ["stands, the player gave up", { moving: false, failed: true }, "error"],
  ["gave up, and the API is being asked why", { moving: false, failed: true, doubted: true }, "stalled"],
  ["gave up because the camera is away", { moving: false, failed: true, camera: "away" }, "away"],
  ["told to stand", { paused: true, moving: false }, "paused"],
  ["told to stand, the camera away", { paused: true, moving: false, camera: "away" }, "paused"],
  ["the past", { mode: "history", latency: 3600 }, "rewound"],
  ["the past of a camera that is away", { mode: "history", latency: 3600, camera: "away" }, "rewound"],
  ["the past, waiting for data", { mode: "history", moving: false, camera: "away" }, "stalled"],
  ["the past, not there yet: the old picture may still move", { mode: "history", picture: false }, "connecting"],
  ["live was asked for, the past still moves", { picture: false, latency: 40 }, "connecting"],
];

for (const [name, facts, want] of cases) {
  test(name, () => assert.equal(nextState("connecting", { ...playing, ...facts }), want));
}

test("never live without a moving picture, whatever else is true", () => {
  for (const picture of [true, false])
    for (const moving of [true, false])
      for (const paused of [true, false])
        for (const mode of ["live", "history"])
          for (const before of ["live", "behind", "stalled", "away"])
            for (const latency of [0.3, 5]) {
              const state = nextState(before, { ...playing, picture, moving, paused, mode, latency });
              if (state === "live") assert.ok(picture && moving && !paused && mode === "live" && latency < 2);
            }
});

test("between live and behind there are two thresholds", () => {
  assert.equal(nextState("live", { ...playing, latency: 1.8 }), "live");
  assert.equal(nextState("behind", { ...playing, latency: 1.8 }), "behind");
  assert.equal(nextState("behind", { ...playing, latency: 1.5 }), "live");
});
