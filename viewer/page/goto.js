// "Go to" a typed time: a field that opens above the clock.

import { byId } from "../browser/dom.js";
import { ACCEPTED, parseTyped } from "../time/typed.js";
import { localZone } from "../time/zone.js";

export class GoTo {
  /**
   * @param {object} on
   * @param {() => number} on.now ms
   * @param {(ms: number) => void} on.at a time was typed
   * @param {() => void} on.live the same, of now
   */
  constructor(on) {
    this.on = on;
    this.form = byId("goto");
    this.field = /** @type {HTMLInputElement} */ (byId("goto-time"));
    this.hint = byId("goto-hint");
    this.openers = [byId("when"), byId("goto-open")];
    /** @type {HTMLElement|null} what had the focus before */
    this.before = null;
    for (const opener of this.openers) opener.addEventListener("click", () => this.toggle());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#go();
    });
    this.field.addEventListener("input", () => this.#hint(null));
    this.form.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the page's keys are letters here
      if (event.key === "Escape") this.close();
    });
    document.addEventListener("pointerdown", (event) => {
      const target = /** @type {Node} */ (event.target);
      const inside = this.form.contains(target) || this.openers.some((o) => o.contains(target));
      if (!inside) this.close();
    });
    this.#hint(null);
  }

  toggle() {
    if (this.form.hidden) this.open();
    else this.close();
  }

  open() {
    this.before = /** @type {HTMLElement|null} */ (document.activeElement);
    this.form.hidden = false;
    this.#expanded();
    this.#hint(null);
    this.field.select();
    this.field.focus();
  }

  close() {
    if (this.form.hidden) return;
    const had = this.form.contains(document.activeElement);
    this.form.hidden = true;
    this.#expanded();
    if (had) this.before?.focus();
  }

  #expanded() {
    for (const opener of this.openers) opener.setAttribute("aria-expanded", String(!this.form.hidden));
  }

  #go() {
    if (this.field.value.trim() === "") return this.#hint(null);
    const meant = parseTyped(this.field.value, this.on.now(), localZone);
    if (!meant) return this.#hint(`“${this.field.value.trim()}” is no time that this page knows. ${ACCEPTED}`);
    this.close();
    if ("live" in meant) this.on.live();
    else this.on.at(meant.at);
  }

  /** @param {string|null} wrong what was wrong with what was typed; null: nothing */
  #hint(wrong) {
    this.hint.textContent = wrong ?? ACCEPTED;
    this.hint.classList.toggle("wrong", wrong !== null);
    this.field.setAttribute("aria-invalid", String(wrong !== null));
  }
}
