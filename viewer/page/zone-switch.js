// In which zone times are told: the reader's own, UTC, or the camera's, where
// somebody has said where it stands. Beside the clock, and remembered.

import { attribute, byId, text } from "../browser/dom.js";
import { store, stored } from "../browser/storage.js";
import { zoneName } from "../text/page.js";
import { zoneLabel } from "../time/format.js";
import { showIn, shownZone } from "../time/shown.js";
import { localZone, utcZone, zoneNamed } from "../time/zone.js";

const CHOSEN = "lookback.zone"; // in the browser's storage

/** @typedef {"local"|"utc"|"camera"} Kind */

export class ZoneSwitch {
  /** @type {Kind} what was chosen; where it can't be had it is the reader's own */
  #chosen = "local";
  /** @type {import("../time/zone.js").Zone|null} */
  #camera = null;
  #name = ""; // of the camera's zone

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.button = byId("zone");
    const before = stored(CHOSEN);
    if (before === "utc" || before === "camera") this.#chosen = before;
    this.button.addEventListener("click", () => this.#next());
    this.#apply();
  }

  /**
   * Where the camera that is seen stands.
   * @param {string|null|undefined} name in the IANA database
   */
  cameraIn(name) {
    if (this.#name === (name ?? "")) return;
    this.#name = name ?? "";
    this.#camera = name ? zoneNamed(name) : null;
    this.#apply();
  }

  /** @returns {Kind} what times are told in now */
  get kind() {
    return this.#chosen === "camera" && !this.#camera ? "local" : this.#chosen;
  }

  #next() {
    /** @type {Kind[]} */
    const kinds = this.#camera ? ["local", "utc", "camera"] : ["local", "utc"];
    this.#chosen = kinds[(kinds.indexOf(this.kind) + 1) % kinds.length];
    store(CHOSEN, this.#chosen);
    this.#apply();
  }

  #apply() {
    const { kind } = this;
    const zone = kind === "utc" ? utcZone : kind === "camera" && this.#camera ? this.#camera : localZone;
    if (zone === shownZone()) return;
    showIn(zone);
    this.changed();
  }

  /** @param {number} at the instant that the clock tells, ms: the zone may be called otherwise in summer */
  show(at) {
    const { kind } = this;
    text(this.button, zoneLabel(at));
    attribute(this.button, "title", zoneName(kind, this.#name));
    attribute(this.button, "aria-label", `${zoneLabel(at)}, ${zoneName(kind, this.#name)}`);
    this.button.dataset.kind = kind;
  }
}
