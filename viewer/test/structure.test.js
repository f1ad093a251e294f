// What is where in viewer/, and what may know what: docs/design.md (Viewer) has the table.

import assert from "node:assert/strict";
import { test } from "node:test";
import { folders, imports, modules, read, tests } from "./fakes/modules.js";

/** From the ground up: a folder may import what stands before it, and nothing else. */
const LAYERS = ["browser", "time", "server", "play", "text", "timeline", "tiles", "page"];

/** Modules without a unit test, and why. */
const UNTESTED = {
  "main.js": "makes the page and names its getters for tests; the browser tests read every one",
  "play/contract.js": "types only; contract.test.js holds every deck to them",
  "play/lane-worker.js": "wires reader and decoder in a worker; the browser tests play by it",
  "server/json.js": "types only",
};

const folderOf = (name) => name.split("/")[0];
const height = (name) => (name === "main.js" ? LAYERS.length : LAYERS.indexOf(folderOf(name)));

test("every folder has its place among the layers", () => assert.deepEqual(folders, [...LAYERS].sort()));

test("between folders imports go in one direction, those of types too", () => {
  for (const name of modules) {
    for (const other of imports(name, "any")) {
      if (other.startsWith("vendor/") || folderOf(other) === folderOf(name)) continue;
      assert.ok(modules.includes(other), `${name} imports ${other}, which is not there`);
      assert.ok(height(other) < height(name), `${name} must not know ${other}`);
    }
  }
});

test("no module imports itself by a detour", () => {
  const done = new Set();
  const visit = (name, way) => {
    assert.ok(!way.includes(name), `a circle: ${[...way, name].join(" > ")}`);
    if (done.has(name) || name.startsWith("vendor/")) return;
    for (const other of [...imports(name, "static"), ...imports(name, "dynamic")]) visit(other, [...way, name]);
    done.add(name);
  };
  for (const name of modules) visit(name, []);
});

test("every module with logic has a unit test", () => {
  const tested = new Set(tests.flatMap((name) => [...imports(name, "static"), ...imports(name, "dynamic")]));
  assert.deepEqual(modules.filter((name) => !tested.has(name)), Object.keys(UNTESTED).sort());
});

test("the design names every folder", () => {
  const design = read("../docs/design.md");
  for (const folder of folders) assert.ok(design.includes(`| \`${folder}/\` |`), `docs/design.md says nothing of viewer/${folder}/`);
});
