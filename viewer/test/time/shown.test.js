import assert from "node:assert/strict";
import { test } from "node:test";
import { showIn, shownZone } from "../../time/shown.js";
import { localZone, utcZone } from "../../time/zone.js";

test("times are told in the reader's zone, until another one is chosen", () => {
  assert.equal(shownZone(), localZone);
  showIn(utcZone);
  assert.equal(shownZone(), utcZone);
});
