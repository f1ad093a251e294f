import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { GoTo } from "../../page/goto.js";
import { installDocument, send } from "../fakes/dom.js";

const NOW = new Date(2026, 10, 22, 21, 54).getTime();
let goto, went;
const part = (id) => document.getElementById(id);

beforeEach(() => {
  installDocument();
  part("goto").hidden = true;
  part("goto").append(part("goto-time"));
  went = [];
  goto = new GoTo({ now: () => NOW, position: () => NOW - 3_600_000, at: (ms) => went.push(ms), live: () => went.push("live") });
});

const type = (text) => {
  part("goto-time").value = text;
  return send(part("goto"), "submit");
};

test("the clock opens and closes the field", () => {
  part("when").click();
  assert.deepEqual([part("goto").hidden, part("goto-open").getAttribute("aria-expanded"), document.activeElement], [false, "true", part("goto-time")]);
  part("goto-open").click();
  assert.equal(part("goto").hidden, true);
});

test("a time leads there, now leads live, and the page is not sent anywhere", () => {
  goto.open();
  assert.equal(type("21:50").defaultPrevented, true);
  goto.open();
  type("now");
  assert.deepEqual([went, part("goto").hidden], [[NOW - 4 * 60_000, "live"], true]);
});

test("what is no time is said, until it is changed", () => {
  goto.open();
  type("neulich");
  assert.match(part("goto-hint").textContent, /^“neulich” is no time/);
  assert.deepEqual([part("goto-time").getAttribute("aria-invalid"), part("goto").hidden], ["true", false]);
  send(part("goto-time"), "input");
  assert.equal(part("goto-time").getAttribute("aria-invalid"), "false");
  type("  ");
  assert.deepEqual(went, []);
});

test("Escape and a press beside it close it, and the focus goes back", () => {
  part("live").focus();
  goto.open();
  send(document, "pointerdown", { target: part("goto-time") });
  assert.equal(part("goto").hidden, false);
  send(part("goto"), "keydown", { key: "x" });
  send(part("goto"), "keydown", { key: "Escape" });
  assert.deepEqual([part("goto").hidden, document.activeElement], [true, part("live")]);
  goto.open();
  send(document, "pointerdown", { target: part("stage") });
  assert.equal(part("goto").hidden, true);
});

test("while something is typed, what is understood is said", () => {
  goto.open();
  const hint = (text) => {
    part("goto-time").value = text;
    send(part("goto-time"), "input");
    return part("goto-hint").textContent;
  };
  assert.match(hint("21:50"), /^= 21:50:00 \S+, 4 min ago$/);
  assert.match(hint("21:50:00.250"), /^= 21:50:00.250 /);
  assert.match(hint("+30s"), /^= 20:54:30 \S+, 59 min 30 s ago$/);
  assert.equal(hint("now"), "= live");
  assert.match(hint("tomorrow 10:00"), /is still to come/);
  assert.match(hint("21:5x"), /^Try /);
  assert.match(hint(""), /^Try /);
});

test("the message names what is really accepted", () => {
  goto.open();
  const examples = part("goto-hint").textContent.replace(/^Try |, or paste.*$/g, "").split(", ");
  assert.ok(examples.length >= 6);
  for (const text of examples) {
    went = [];
    goto.open();
    type(text);
    assert.equal(went.length, 1, text);
  }
});
