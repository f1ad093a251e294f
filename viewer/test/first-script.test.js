// The script that stands in index.html, run in a browser of its own.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { LANGUAGES } from "../text/words.js";
import { read } from "./fakes/modules.js";

const page = read("index.html");
const [, script] = page.match(/<script>([^]*?)<\/script>/);
let stored, listeners, replaced, reloads;

beforeEach(() => {
  stored = new Map();
  replaced = [];
  reloads = 0;
});

/** Opens the page at a path. */
function open(pathname, more = {}) {
  listeners = {};
  const location = { pathname, search: "?a=1", hash: "#front", replace: (to) => replaced.push(to), reload: () => reloads++ };
  const sessionStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value), removeItem: (key) => stored.delete(key) };
  runInContext(script, createContext({ location, sessionStorage, addEventListener: (type, listener) => (listeners[type] = listener), navigator: { language: "en" }, ...more }));
}

test("an address without its slash, or with two, becomes one under which the page's files are found", () => {
  const tidied = { "/cam": "/cam/", "/a/cam": "/a/cam/", "//": "/", "/cam//": "/cam/", "//evil.example/": "/evil.example/", "/a//cam": "/a/cam/" };
  for (const [path, tidy] of Object.entries(tidied)) {
    open(path);
    assert.equal(replaced.pop(), `${tidy}?a=1#front`, path);
  }
  for (const path of ["/", "/cam/", "/cam/index.html", "/index.html"]) open(path);
  assert.deepEqual(replaced, []);
});

test("where somebody leads back to the same address it is left alone", () => {
  open("/cam");
  open("/cam");
  assert.deepEqual(replaced, ["/cam/?a=1#front"]);
  open("/cam/");
  open("/cam");
  assert.equal(replaced.length, 2);
});

for (const [language, words] of Object.entries(LANGUAGES)) {
  test(`a file that doesn't come is told with a reload, and without any other file: ${language}`, () => {
    const nodes = [...page.match(/<div id="unloaded"[^]*?<\/div>/)[0].matchAll(/data-say="(\w+)" data-de="([^"]+)">([^<]+)</g)].map(([, say, de, text]) => ({ say, dataset: { de }, textContent: text }));
    const unloaded = { hidden: true, querySelectorAll: () => nodes };
    let shown = null;
    const document = { readyState: "interactive", getElementById: () => unloaded, body: { replaceChildren: (what) => (shown = what) } };
    open("/", { document, navigator: { language } });
    listeners.error({ target: { matches: () => false } }); // a picture
    listeners.error({ target: {} }); // a script that ran, and failed
    assert.equal(shown, null);
    listeners.error({ target: { matches: (selector) => selector.startsWith("script") } });
    assert.deepEqual([shown, unloaded.hidden, nodes.map((n) => n.textContent)], [unloaded, false, [words.page.unloaded, words.page.reload]]);
    listeners.click({ target: { closest: () => null } });
    listeners.click({ target: { closest: (selector) => selector === "[data-reload]" } });
    assert.equal(reloads, 1);
  });
}
