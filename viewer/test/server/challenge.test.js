import assert from "node:assert/strict";
import { test } from "node:test";
import { isChallenged } from "../../server/challenge.js";
import { installFetch } from "../fakes/fetch.js";

/** @param {(path: string, bare: boolean) => object} answer bare: without credentials */
const challenged = async (answer) => {
  const asked = installFetch((path) => answer(path, asked.options.credentials === "omit"));
  return [await isChallenged("api/cameras"), asked.length];
};
const refused = { status: 401, html: true };
const late = new DOMException("", "TimeoutError");

test("who gives no credentials is refused: then the browser asks for some", async () => {
  assert.deepEqual(await challenged((_, bare) => (bare ? refused : late)), [true, 3]);
  assert.deepEqual(await challenged((path, bare) => (path === "." ? {} : bare ? refused : late)), [true, 3]);
});

test("what hangs without credentials too, or is refused otherwise, is no question of a password", async () => {
  for (const answer of [late, new TypeError("no network"), {}, { status: 403, html: true }, { status: 504, html: true }]) assert.deepEqual(await challenged(() => answer), [false, 1]);
});

test("where the browser knows the password, it is the server that hangs", async () => {
  assert.deepEqual(await challenged((path, bare) => (bare ? refused : path === "." ? {} : late)), [false, 3]);
});
