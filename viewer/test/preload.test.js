import assert from "node:assert/strict";
import { test } from "node:test";
import { imports, needed, read } from "./fakes/modules.js";

const page = read("index.html");
const preloaded = (pattern) => [...page.matchAll(pattern)].map((match) => match[1]).sort();
const first = needed(["main.js"]);

test("all that the first picture needs is asked for at once, and nothing else before it", () => {
  assert.deepEqual(preloaded(/<link rel="modulepreload" href="([^"]+)">/g), [...first].sort());
});

test("all that comes behind the first picture is asked for with low priority", () => {
  const behind = needed([...first].filter((name) => !name.startsWith("vendor/")).flatMap((name) => imports(name, "dynamic")));
  assert.ok(behind.size > 0);
  const low = preloaded(/<link rel="modulepreload" href="([^"]+)" fetchpriority="low">/g);
  assert.deepEqual(low, [...behind].filter((name) => !first.has(name)).sort());
});

test("the page works under any path: every address in it is relative", () => {
  const addresses = [...page.matchAll(/(?:href|src|action)="([^"]*)"/g)].map((match) => match[1]);
  assert.ok(addresses.length > 40);
  assert.deepEqual(addresses.filter((address) => /^(\/|[a-z]+:)/i.test(address)), []);
});
