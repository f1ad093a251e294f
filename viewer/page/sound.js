// The sound of the camera that is on the stage: a button, and a slider beside it. Only where there is any.

import { heard } from "../browser/codecs.js";
import { byId, byIds } from "../browser/dom.js";
import { store, stored } from "../browser/storage.js";
import { words } from "../text/words.js";

const VOLUME = "lookback.volume"; // in the browser's storage; that it is muted is not: each visit begins so

export class Sound {
  /** @param {{sound: {muted: boolean, volume: number}}} player */
  constructor(player) {
    this.player = player;
    this.parts = byIds(["sound", "mute"]);
    this.slider = /** @type {HTMLInputElement} */ (byId("volume"));
    const volume = Number(stored(VOLUME) ?? 1);
    player.sound = { muted: true, volume: volume > 0 && volume <= 1 ? volume : 1 };
    this.parts.mute.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => this.#set(Number(this.slider.value)));
    this.#show();
  }

  /** Mutes, or lets hear what is there. */
  toggle() {
    if (this.parts.sound.hidden) return;
    const { muted, volume } = this.player.sound;
    this.player.sound = { muted: !muted, volume };
    this.#show();
  }

  /** @param {number} volume 0 to 1 */
  #set(volume) {
    // At nothing it is muted, and what it was before comes back.
    this.player.sound = volume > 0 ? { muted: false, volume } : { muted: true, volume: this.player.sound.volume };
    if (volume > 0) store(VOLUME, String(volume));
    this.#show();
  }

  /** @param {string} [codecs] of the camera */
  of(codecs) {
    this.parts.sound.hidden = !heard(codecs);
    this.#show(); // another picture may have come muted
  }

  #show() {
    const { muted, volume } = this.player.sound;
    const { page } = words();
    this.slider.value = String(muted ? 0 : volume);
    this.parts.mute.classList.toggle("muted", muted);
    this.parts.mute.setAttribute("aria-label", muted ? page.unmute : page.mute);
    this.parts.mute.setAttribute("title", muted ? page.unmuteKey : page.muteKey);
  }
}
