import assert from "node:assert/strict";
import { test } from "node:test";
import { store, stored } from "../../browser/storage.js";
import { installDocument } from "../fakes/dom.js";

test("what is stored is there at the next visit", () => {
  installDocument();
  assert.equal(stored("lookback.camera"), null);
  store("lookback.camera", "front");
  assert.equal(stored("lookback.camera"), "front");
});

test("where storage is forbidden each visit is the first one", () => {
  const forbidden = () => {
    throw new Error("SecurityError");
  };
  globalThis.localStorage = { getItem: forbidden, setItem: forbidden };
  store("lookback.camera", "front");
  assert.equal(stored("lookback.camera"), null);
});
