// "Go to" a typed time: a field that opens above the clock.

import { byId } from "../browser/dom.js";
import { reader } from "../browser/locale.js";
import { accepted, notUnderstood, understood } from "../text/page.js";
import { zoneLabels } from "../time/format.js";
import { shownZone } from "../time/shown.js";
import { parseTyped } from "../time/typed.js";

export class GoTo {
  /**
   * @param {object} on
   * @param {() => number} on.now ms
   * @param {() => number|null} on.position of the picture, ms
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
    this.field.addEventListener("input", () => this.#hint());
    this.form.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the page's keys are letters here
      if (event.key === "Escape") this.close();
    });
    document.addEventListener("pointerdown", (event) => {
      const target = /** @type {Node} */ (event.target);
      const inside = this.form.contains(target) || this.openers.some((o) => o.contains(target));
      if (!inside) this.close();
    });
    this.#hint();
  }

  toggle() {
    if (this.form.hidden) this.open();
    else this.close();
  }

  open() {
    this.before = /** @type {HTMLElement|null} */ (document.activeElement);
    this.form.hidden = false;
    this.#expanded();
    this.#hint();
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
    if (this.#typed === "") return this.#hint();
    const meant = this.#meant;
    if (!meant) return this.#hint(notUnderstood(this.#typed));
    this.close();
    if ("live" in meant) this.on.live();
    else this.on.at(meant.at);
  }

  get #typed() {
    return this.field.value.trim();
  }

  get #meant() {
    const { locale, monthFirst } = reader();
    const now = this.on.now();
    return parseTyped(this.#typed, { now, position: this.on.position(), zone: shownZone(), labels: zoneLabels(now), locale, monthFirst });
  }

  /**
   * Says what is understood so far.
   * @param {string|null} [wrong] what was wrong with what was typed; null: nothing
   */
  #hint(wrong = null) {
    const meant = this.#typed === "" ? null : this.#meant;
    this.hint.textContent = wrong ?? (meant ? understood("at" in meant ? meant.at : null, this.on.now()) : accepted());
    this.hint.classList.toggle("wrong", wrong !== null);
    this.field.setAttribute("aria-invalid", String(wrong !== null));
  }
}
