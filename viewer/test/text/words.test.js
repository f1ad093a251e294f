import assert from "node:assert/strict";
import { test } from "node:test";
import { LANGUAGES, words } from "../../text/words.js";
import { parseTyped } from "../../time/typed.js";
import { read } from "../fakes/modules.js";
import { utc } from "../fakes/zones.js";

/** Every key, and what kind of thing it has. */
const shape = (of) => Object.entries(of).sort(([a], [b]) => a.localeCompare(b)).map(([key, value]) => [key, typeof value === "object" ? shape(value) : typeof value === "function" ? value.length : typeof value]);

/** Every word, with something filled in where it has a gap. */
const said = (of) => Object.values(of).flatMap((value) => (typeof value === "object" ? said(value) : [typeof value === "function" ? value("A", "B", "C") : value]));

test("every language says everything", () => {
  for (const [name, language] of Object.entries(LANGUAGES)) {
    assert.deepEqual(shape(language), shape(LANGUAGES.en), name);
    for (const text of said(language)) assert.ok(text && !/undefined|null|NaN/.test(text), `${name}: ${text}`);
  }
});

test("what stands in the page is what the English words are, mark by mark", () => {
  const page = read("index.html");
  const english = LANGUAGES.en.page;
  const used = new Set(["connecting", "mute", "muteKey"]); // by the scripts alone
  for (const [, key, text] of page.matchAll(/data-say="(\w+)"[^>]*>([^<]*)</g)) {
    assert.equal(text, english[key], key);
    used.add(key);
  }
  for (const [mark, attribute] of [["label", "aria-label"], ["title", " title"], ["hint", "placeholder"]]) {
    for (const [, text, key] of page.matchAll(new RegExp(`${attribute}="([^"]*)" data-${mark}="(\\w+)"`, "g"))) {
      assert.equal(text, english[key], key);
      used.add(key);
    }
  }
  assert.deepEqual([...used].sort(), Object.keys(english).sort());
});

test("nothing in the page that people read or hear is without its mark", () => {
  const body = read("index.html").replace(/^[^]*?<body/, "").replace(/<svg class="sprite"[^]*?<\/svg>/, "").replace(/<noscript>[^]*?<\/noscript>/, "");
  const unmarked = [...body.matchAll(/<([a-z0-9]+)([^>]*)>([^<]*[A-Za-z]{2}[^<]*)</g)].filter(([, , attributes]) => !attributes.includes("data-say")).map(([, , , text]) => text.trim());
  assert.deepEqual(unmarked, ["Lookback", "Connecting"]); // a name, and what is there for less than a second
  for (const [tag] of body.matchAll(/<[a-z0-9]+[^>]*(?:aria-label|placeholder)="[^>]*>/g)) assert.match(tag, /data-(label|hint)=/);
});

test("the reader's language decides", () => {
  Object.defineProperty(globalThis, "navigator", { value: { language: "de-AT" }, configurable: true, writable: true });
  assert.equal(words(), LANGUAGES.de);
  navigator.language = "fr";
  assert.equal(words(), LANGUAGES.en);
});

test("the examples of every language are understood", () => {
  for (const { accepted } of Object.values(LANGUAGES)) {
    const examples = accepted.replace(/^(Try|Etwa) |, (or paste|oder eine).*$/g, "").split(", ");
    assert.ok(examples.length >= 6);
    for (const text of examples) assert.ok(parseTyped(text, { now: Date.parse("2026-11-24T21:54:00Z"), zone: utc }), text);
  }
});
