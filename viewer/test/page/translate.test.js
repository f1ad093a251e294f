import assert from "node:assert/strict";
import { test } from "node:test";
import { translate } from "../../page/translate.js";
import { FakeElement, installDocument } from "../fakes/dom.js";

test("what is marked is put into the reader's language", () => {
  installDocument();
  navigator.language = "de-DE";
  const button = Object.assign(new FakeElement("button"), { dataset: { say: "go", label: "back", title: "goToKey" } });
  const field = Object.assign(new FakeElement("input"), { dataset: { hint: "example" } });
  document.querySelectorAll = (selector) => [button, field].filter((e) => selector.slice(6, -1) in e.dataset);
  assert.equal(translate(), "Alle Kameras");
  assert.deepEqual([button.textContent, button.getAttribute("aria-label"), button.getAttribute("title"), field.getAttribute("placeholder")], ["Los", "10 Sekunden zurück", "Zu einer Zeit gehen (G)", "14:05"]);
  assert.equal(document.documentElement.lang, "de");
});
