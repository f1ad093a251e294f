import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Sound } from "../../page/sound.js";
import { installDocument } from "../fakes/dom.js";

let player, sound, screen;
const part = (id) => document.getElementById(id);
const slide = (volume) => {
  part("volume").value = String(volume);
  part("volume").dispatchEvent(new Event("input"));
};

beforeEach(() => {
  screen = installDocument();
  player = { sound: { muted: true, volume: 1 } };
  sound = new Sound(player);
  sound.of("avc1.42c01f,mp4a.40.2");
});

test("it is there only where there is sound, and muted at first", () => {
  assert.deepEqual([part("sound").hidden, player.sound, part("mute").getAttribute("aria-label"), part("volume").value], [false, { muted: true, volume: 1 }, "Turn the sound on", "0"]);
  for (const codecs of ["avc1.42c01f", undefined]) {
    sound.of(codecs);
    assert.equal(part("sound").hidden, true);
    sound.toggle();
    assert.equal(player.sound.muted, true);
  }
});

test("a press lets it be heard, and the next one mutes it", () => {
  part("mute").click();
  assert.deepEqual([player.sound, part("mute").getAttribute("aria-label"), part("mute").classList.contains("muted"), part("volume").value], [{ muted: false, volume: 1 }, "Turn the sound off", false, "1"]);
  part("mute").click();
  assert.equal(player.sound.muted, true);
});

test("the slider is the volume; at nothing it is muted, and comes back as it was", () => {
  slide(0.4);
  assert.deepEqual(player.sound, { muted: false, volume: 0.4 });
  slide(0);
  assert.deepEqual(player.sound, { muted: true, volume: 0.4 });
  part("mute").click();
  assert.deepEqual([player.sound, part("volume").value], [{ muted: false, volume: 0.4 }, "0.4"]);
});

test("the next visit is as loud, and muted", () => {
  slide(0.3);
  player = { sound: null };
  new Sound(player);
  assert.deepEqual([player.sound, screen.stored.get("lookback.volume")], [{ muted: true, volume: 0.3 }, "0.3"]);
  screen.stored.set("lookback.volume", "loud");
  new Sound(player);
  assert.equal(player.sound.volume, 1);
});
