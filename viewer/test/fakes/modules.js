// The page's modules as files, for tests of what imports what.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path/posix";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NOT_OURS = new Set(["node_modules", "vendor", "test"]);

/** @param {string} name below viewer/ */
export const read = (name) => readFileSync(join(ROOT, name), "utf8");

const scriptsIn = (folder) => readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js")).map((name) => join(folder, name));

/** Folders with modules of the page. */
export const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !NOT_OURS.has(entry.name)).map((entry) => entry.name).sort();

/** Every module of the page: "main.js", "play/deck.js", … */
export const modules = ["main.js", ...folders.flatMap(scriptsIn)].sort();

/** Every file of tests. */
export const tests = scriptsIn("test").filter((name) => name.endsWith(".test.js")).sort();

const PATTERNS = {
  /** With the module itself. */
  static: /^(?:import|export)\s[^;]*?from "(\.[^"]+)";/gm,
  /** Later, when it is needed. */
  dynamic: /import\("(\.[^"]+)"\)(?!\.)/g,
  /** In a worker of its own. */
  worker: /new URL\("(\.[^"]+)", import\.meta\.url\)/g,
  /** Static and dynamic ones, and what comments about types name. */
  any: /(?:from |import\()"(\.[^"]+)"/g,
};

/**
 * What a module imports, below viewer/.
 * @param {string} name
 * @param {keyof typeof PATTERNS} kind
 * @returns {string[]}
 */
export function imports(name, kind) {
  return [...new Set([...read(name).matchAll(PATTERNS[kind])].map((match) => join(name, "..", match[1])))];
}

/**
 * What is loaded for modules: themselves, all that they import statically, and their workers.
 * @param {string[]} entries
 * @returns {Set<string>}
 */
export function needed(entries) {
  const all = new Set(entries);
  for (const name of all) if (!name.startsWith("vendor/")) for (const next of [...imports(name, "static"), ...imports(name, "worker")]) all.add(next);
  return all;
}
