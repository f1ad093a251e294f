// Which language the page speaks, and how its reader writes dates and times.

/** @typedef {"en"|"de"} Language that the page has words in */

/** @type {readonly Language[]} */
export const LANGUAGES = ["en", "de"];

/**
 * @typedef {object} Reader
 * @property {Language} language
 * @property {string} locale for the names of days and months, in that language
 * @property {"h11"|"h12"|"h23"|"h24"} hourCycle as the reader is used to it
 * @property {boolean} monthFirst 11/28/2026 is in November
 */

/**
 * @param {string} [tag] BCP 47, as navigator.language
 * @returns {Reader}
 */
export function readerOf(tag) {
  const own = known(tag);
  const language = LANGUAGES.find((l) => own.split("-")[0] === l);
  const parts = new Intl.DateTimeFormat(own, { day: "numeric", month: "numeric" }).formatToParts(0).map(({ type }) => type);
  return {
    language: language ?? "en",
    locale: language ? own : "en-GB",
    hourCycle: new Intl.DateTimeFormat(own, { hour: "numeric" }).resolvedOptions().hourCycle ?? "h23",
    monthFirst: own.split("-")[0] === "en" && parts.indexOf("month") < parts.indexOf("day"),
  };
}

/** A locale that can be used: where nothing is said, or something that is none, the one of the words. */
function known(tag) {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? "en-GB";
  } catch {
    return "en-GB";
  }
}

/** @type {{tag: string|undefined, is: Reader}|null} */
let last = null;

/** Who reads the page. */
export function reader() {
  const tag = globalThis.navigator?.language;
  if (last?.tag !== tag || last === null) last = { tag, is: readerOf(tag) };
  return last.is;
}
