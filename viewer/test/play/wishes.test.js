// What is asked for while the picture is still on its way, on real decks: quick
// presses count from the last wish, and what is paused stays paused.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Navigation } from "../../page/navigation.js";
import { Deck } from "../../play/deck.js";
import { nextState } from "../../play/state.js";
import { Player } from "../../play/player.js";
import { Events } from "../../vendor/hls.js";
import { installDocument } from "../fakes/dom.js";
import { FakeHls } from "../fakes/hls.js";
import { FakeTime } from "../fakes/time.js";
import { FrameVideo } from "../fakes/video.js";

const NOW = Date.parse("2026-11-22T21:54:00Z");
const START = NOW - 7_200_000;
const FPS = 25;
const time = new FakeTime();

/** A video that takes its time to seek, and shows frames meanwhile. */
class SlowVideo extends FrameVideo {
  #at = 0;
  readyState = 4;

  constructor() {
    super();
    Object.defineProperty(this, "currentTime", {
      get: () => this.#at,
      set: (to) => {
        this.seeking = true;
        this.#at = to;
      },
    });
  }
  /** The frame before comes to the screen after all. */
  late(mediaTime) {
    this.show(mediaTime, performance.now() - 50);
  }
  arrive() {
    this.seeking = false;
    this.fire("seeked");
  }
  frame() {
    if (!this.paused) this.#at += 1 / FPS;
    this.show(this.#at);
  }
}

let player, navigation, engines, state;

/** Numbers from 0 to 1 that are the same in every run. */
function dice(seed) {
  let n = seed;
  return () => {
    n = (Math.imul(n, 1664525) + 1013904223) >>> 0;
    return n / 2 ** 32;
  };
}

/** The engine of the deck that was opened last reads the slice it was asked for. */
function load() {
  const { hls, options } = engines.at(-1);
  if (hls.loaded) return;
  hls.loaded = true;
  const from = options.at - 60_000;
  const fragments = Array.from({ length: 480 }, (_, i) => ({ start: 2 * i, duration: 2, programDateTime: from + 2000 * i }));
  const details = { fragments, fragmentHint: null, edge: 960, live: false, partTarget: null };
  hls.trigger(Events.LEVEL_UPDATED, { details });
  hls.trigger(Events.LEVEL_LOADED, { details });
  const deck = engines.at(-1).deck;
  deck.video.currentTime = 60;
}

const front = () => player.video;

beforeEach(() => {
  time.clear();
  installDocument({ createVideo: () => new SlowVideo() });
  engines = [];
  state = "connecting";
  const clock = { now: () => NOW };
  const changed = () => {};
  player = new Player(document.body, clock, { changed, over: changed, doubt: async () => null, nothingRecorded: changed, newestPicture: async () => null, nextPicture: async () => null }, (options, on) => {
    const deck = new Deck(options, on, FakeHls);
    engines.push({ deck, options, hls: FakeHls.last });
    return deck;
  });
  const place = { name: "front", camera: { state: "live" }, state: "live", asked: null };
  const view = { timeline: { reveal: changed, spans: () => [{ start: START, end: NOW }] }, say: changed, hush: changed };
  navigation = new Navigation(place, player, view, { now: () => NOW, bounds: () => ({ start: START, end: NOW }), nextPicture: async () => null, link: changed, open: changed });
  player.open({ live: "live.m3u8", window: "window.m3u8" }, NOW - 3_600_000);
  settle();
});

/** Whatever is on its way is there. */
function settle() {
  for (let i = 0; i < 3; i++) {
    load();
    for (const { deck } of engines) {
      const { video } = deck;
      if (!video.parent) continue; // destroyed
      video.arrive();
      time.advance(40);
      video.frame();
    }
  }
}

/** Something that may happen between two presses. */
function something(random) {
  const video = front();
  switch (Math.floor(random() * 5)) {
    case 0:
      return; // the next press comes at once
    case 1:
      return video.late(video.currentTime + 7);
    case 2:
      video.arrive();
      return video.late(video.currentTime + 7);
    case 3:
      video.arrive();
      time.advance(40);
      return video.frame();
    default:
      load();
      time.advance(100);
  }
}

test("of 200 bursts of arrow keys none loses a press", () => {
  const random = dice(17);
  let lost = 0;
  for (let burst = 0; burst < 200; burst++) {
    settle();
    const from = player.position;
    const step = from < START + 1_800_000 ? 10 : from > NOW - 1_800_000 ? -10 : random() < 0.5 ? 10 : -10;
    const presses = 6;
    for (let i = 0; i < presses; i++) {
      navigation.step(step);
      something(random);
    }
    settle();
    const off = Math.abs(player.position - from - presses * step * 1000);
    if (off > 1500) lost++; // it plays on between presses
  }
  assert.equal(lost, 0);
});

test("paused stays paused in every move", () => {
  const random = dice(4);
  const facts = () => ({ ...player.facts, camera: "live", reachable: true });
  player.pause();
  time.advance(2000);
  for (let move = 0; move < 100; move++) {
    const to = START + random() * (NOW - START - 600_000);
    if (random() < 0.5) navigation.step(random() < 0.5 ? 10 : -10);
    else navigation.seekTo(to);
    something(random);
    assert.equal(player.paused, true);
    settle();
    time.advance(2000);
    state = nextState(state, facts());
    assert.deepEqual([state, front().paused], ["paused", true], `move ${move}`);
  }
  player.play();
  assert.deepEqual([player.paused, front().paused], [false, false]);
});
