import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { copy } from "../../browser/clipboard.js";
import { installDocument } from "../fakes/dom.js";

beforeEach(() => installDocument());

test("in a secure context the browser copies", async () => {
  let copied;
  navigator.clipboard = { writeText: async (text) => void (copied = text) };
  assert.equal(await copy("http://host/#front"), true);
  assert.equal(copied, "http://host/#front");
});

test("elsewhere it is copied from a field, which does not stay", async () => {
  let selected;
  document.execCommand = (command) => {
    selected = command === "copy" && document.body.children[0].selected;
    return true;
  };
  assert.equal(await copy("x"), true);
  assert.deepEqual([selected, document.body.children.length], [true, 0]);
});

test("where nothing may copy it says so", async () => {
  document.execCommand = () => {
    throw new Error("forbidden");
  };
  assert.equal(await copy("x"), false);
  assert.equal(document.body.children.length, 0);
});
