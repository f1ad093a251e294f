import assert from "node:assert/strict";
import { test } from "node:test";
import { attribute, attributeWhile, byId, byIds, element, text } from "../../browser/dom.js";
import { installDocument } from "../fakes/dom.js";

installDocument();

/** Counts what is written to an element. */
function counted() {
  const node = byId("badge");
  let writes = 0;
  const { setAttribute } = node;
  node.setAttribute = (...args) => {
    writes++;
    setAttribute.apply(node, args);
  };
  let content = "";
  Object.defineProperty(node, "textContent", { get: () => content, set: (value) => void (writes++, (content = value)) });
  return { node, writes: () => writes };
}

test("only what is new is written", () => {
  const { node, writes } = counted();
  text(node, "Live");
  text(node, "Live");
  attribute(node, "href", "#front");
  attribute(node, "href", "#front");
  assert.deepEqual([writes(), node.textContent, node.getAttribute("href")], [2, "Live", "#front"]);
});

test("an attribute is there only while something holds", () => {
  const node = byId("link");
  attributeWhile(node, "aria-current", "page");
  assert.equal(node.getAttribute("aria-current"), "page");
  attributeWhile(node, "aria-current", null);
  assert.equal(node.getAttribute("aria-current"), null);
});

test("elements are found by their ids, and made with their class", () => {
  assert.deepEqual(Object.keys(byIds(["play", "live"])), ["play", "live"]);
  assert.equal(byIds(["play"]).play, byId("play"));
  const made = element("span", "mark");
  assert.deepEqual([made.tagName, made.classList.contains("mark")], ["span", true]);
});
