import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ZoneSwitch } from "../../page/zone-switch.js";
import { showIn, shownZone } from "../../time/shown.js";
import { localZone, utcZone, zoneNamed } from "../../time/zone.js";
import { installDocument } from "../fakes/dom.js";

const SUMMER = Date.parse("2026-07-01T12:00:00Z");
let screen, changes, zones;
const button = () => document.getElementById("zone");

beforeEach(() => {
  screen = installDocument();
  showIn(localZone);
  changes = 0;
  zones = new ZoneSwitch(() => changes++);
});

test("the button goes from the reader's time to UTC, and to the camera's where it is known", () => {
  button().click();
  assert.equal(shownZone(), utcZone);
  button().click();
  assert.equal(shownZone(), localZone);
  zones.cameraIn("Asia/Tokyo");
  for (const zone of [utcZone, zoneNamed("Asia/Tokyo"), localZone]) {
    button().click();
    assert.equal(shownZone(), zone);
  }
  assert.equal(changes, 5);
});

test("beside the clock stands what the zone is called then, and what it is", () => {
  zones.cameraIn("Europe/Berlin");
  button().click();
  button().click();
  zones.show(SUMMER);
  assert.deepEqual([button().textContent, button().getAttribute("title"), button().dataset.kind], ["CEST", "Time of the camera (Europe/Berlin)", "camera"]);
  zones.show(SUMMER + 180 * 86_400_000);
  assert.equal(button().textContent, "CET");
});

test("what was chosen is remembered, and a camera that says nothing is told in the reader's time", () => {
  screen.stored.set("lookback.zone", "camera");
  zones = new ZoneSwitch(() => changes++);
  assert.equal(shownZone(), localZone);
  zones.cameraIn("Asia/Tokyo");
  assert.equal(shownZone(), zoneNamed("Asia/Tokyo"));
  zones.cameraIn(null);
  assert.deepEqual([shownZone(), zones.kind], [localZone, "local"]);
  zones.cameraIn("Mars/Olympus");
  assert.equal(shownZone(), localZone);
});
