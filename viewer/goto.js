// "Go to" a typed time: a field that opens above the clock.

import { ACCEPTED, parseTyped } from "./typed.js";
import { localZone } from "./zone.js";

export class GoTo {
  /**
   * @param {object} does
   * @param {() => number} does.now ms
   * @param {(ms: number) => void} does.at go there
   * @param {() => void} does.live
   */
  constructor(does) {
    const at = (id) => document.getElementById(id);
    this.form = at("goto");
    this.field = at("goto-time");
    this.hint = at("goto-hint");
    this.openers = [at("when"), at("goto-open")];
    this.does = does;
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
      const inside = this.form.contains(event.target) || this.openers.some((o) => o.contains(event.target));
      if (!inside) this.close();
    });
    this.#hint(null);
  }

  toggle() {
    if (this.form.hidden) this.open();
    else this.close();
  }

  open() {
    this.before = document.activeElement;
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
    const meant = parseTyped(this.field.value, this.does.now(), localZone);
    if (!meant) return this.#hint(`“${this.field.value.trim()}” is no time that this page knows. ${ACCEPTED}`);
    this.close();
    if (meant.live) this.does.live();
    else this.does.at(meant.at);
  }

  #hint(wrong) {
    this.hint.textContent = wrong ?? ACCEPTED;
    this.hint.classList.toggle("wrong", wrong !== null);
    this.field.setAttribute("aria-invalid", String(wrong !== null));
  }
}
