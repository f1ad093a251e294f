import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const found = (text, pattern) => [...text.matchAll(pattern)].map((match) => match[1]);

/** What is loaded for the entries: themselves and all that they import statically. */
function needed(entries) {
  const all = new Set(entries);
  for (const name of all) {
    if (name.startsWith("vendor/")) continue;
    for (const next of found(read(name), /^import [^;]*?"\.\/([^"]+)";/gm)) all.add(next);
  }
  return all;
}

const page = read("index.html");
const preloaded = (pattern) => found(page, pattern).sort();
const first = needed(["main.js"]);

test("all that the first picture needs is asked for at once, and nothing else before it", () => {
  assert.deepEqual(preloaded(/<link rel="modulepreload" href="([^"]+)">/g), [...first].sort());
});

test("all that comes behind the first picture is asked for with low priority", () => {
  const behind = needed(found(read("main.js"), /import\("\.\/([^"]+)"\)/g));
  assert.ok(behind.size > 0);
  const low = preloaded(/<link rel="modulepreload" href="([^"]+)" fetchpriority="low">/g);
  assert.deepEqual(low, [...behind].filter((name) => !first.has(name)).sort());
});
