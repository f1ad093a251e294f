import assert from "node:assert/strict";
import { test } from "node:test";
import { LANGUAGES, reader, readerOf } from "../../browser/locale.js";

test("whoever reads German is told in German, others in English, each with hours of their own", () => {
  assert.deepEqual(readerOf("de-AT"), { language: "de", locale: "de-AT", hourCycle: "h23", monthFirst: false });
  assert.deepEqual(readerOf("en-US"), { language: "en", locale: "en-US", hourCycle: "h12", monthFirst: true });
  assert.deepEqual(readerOf("en-GB"), { language: "en", locale: "en-GB", hourCycle: "h23", monthFirst: false });
  assert.deepEqual(readerOf("fr-FR"), { language: "en", locale: "en-GB", hourCycle: "h23", monthFirst: false });
  assert.deepEqual(LANGUAGES, ["en", "de"]);
});

test("a browser that says nothing, or nonsense, reads English", () => {
  for (const tag of [undefined, "", "no language"]) assert.deepEqual([readerOf(tag).language, readerOf(tag).locale], ["en", "en-GB"]);
});

test("the page's reader is whom the browser names, also when that changes", () => {
  Object.defineProperty(globalThis, "navigator", { value: { language: "de-CH" }, configurable: true, writable: true });
  assert.equal(reader().locale, "de-CH");
  navigator.language = "en-GB";
  assert.equal(reader().locale, "en-GB");
});
