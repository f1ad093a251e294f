// Puts what index.html says into the reader's language.

import { reader } from "../browser/locale.js";
import { words } from "../text/words.js";

/** Which attribute each mark is about; null: the element's text. */
const MARKS = { say: null, label: "aria-label", title: "title", hint: "placeholder" };

/** @returns {string} what all cameras are called */
export function translate() {
  const said = /** @type {Record<string, string>} */ (words().page);
  document.documentElement.lang = reader().language;
  for (const [mark, attribute] of Object.entries(MARKS)) {
    for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`[data-${mark}]`))) {
      const text = said[node.dataset[mark] ?? ""];
      if (attribute) node.setAttribute(attribute, text);
      else node.textContent = text;
    }
  }
  return said.all;
}
