import assert from "node:assert/strict";
import { test } from "node:test";
import { ZONES, monthOf, unitOf, weekdayOf } from "../../time/words.js";

test("names in English, German and the reader's language, and their beginnings", () => {
  for (const word of ["sunday", "sun", "sund", "sonntag", "so"]) assert.equal(weekdayOf(word, "en-GB"), 0, word);
  for (const word of ["march", "mar", "märz", "mrz"]) assert.equal(monthOf(word, "en-GB"), 2, word);
  assert.deepEqual([weekdayOf("dimanche", "fr-FR"), weekdayOf("dimanche", "en-GB"), monthOf("su", "en-GB"), weekdayOf("xyz", "en-GB")], [0, null, null, null]);
});

test("units, and what is none", () => {
  assert.deepEqual(["ms", "s", "min", "Stunden".toLowerCase(), "d", "weeks"].map(unitOf), [1, 1000, 60_000, 3_600_000, 86_400_000, 604_800_000]);
  assert.ok(Number.isNaN(unitOf("apples")));
});

test("every zone that has a name has an offset", () => {
  for (const [name, offset] of Object.entries(ZONES)) assert.match(offset, /^[+-]\d\d:\d\d$/, name);
});
