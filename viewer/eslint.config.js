// What is refused in the page's scripts beside what tsc finds. Each rule has its reason.

const browser = ["window", "document", "location", "history", "navigator", "performance", "localStorage", "innerWidth", "innerHeight", "devicePixelRatio",
  "addEventListener", "setTimeout", "clearTimeout", "setInterval", "clearInterval", "queueMicrotask", "requestAnimationFrame", "cancelAnimationFrame",
  "getComputedStyle", "matchMedia", "fetch", "Request", "URL", "URLSearchParams", "AbortController", "AbortSignal", "Blob", "BroadcastChannel", "ResizeObserver", "IntersectionObserver",
  "MediaSource", "MediaStream", "Worker", "VideoDecoder", "EncodedVideoChunk", "postMessage"];
const node = ["performance", "setImmediate", "setTimeout", "process", "DOMException", "URL", "URLSearchParams", "Event", "EventTarget", "Response", "AbortController", "AbortSignal", "console", "structuredClone"];

const globals = (names) => Object.fromEntries(names.map((name) => [name, "readonly"]));

export default [
  { ignores: ["vendor/", "node_modules/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } }, // an exception that is none any more misleads
  {
    rules: {
      "no-undef": "error", // a name that is not there ends the script, and only once that line is reached
      "no-unused-vars": ["error", { argsIgnorePattern: "^_$" }], // what nobody uses is in the way
      "no-shadow": "error", // of two things with one name the wrong one is taken
      "prefer-const": "error", // what is let is looked for further down
      "no-var": "error", // it is there before it is written
      eqeqeq: ["error", "always", { null: "ignore" }], // == has a table of its own; null alone means null or undefined
      "no-sequences": "error", // two statements on a line look like one
      "no-implicit-coercion": ["error", { boolean: true, number: true, string: true }], // !!x and +x say what, not why
      "no-constant-condition": "error", // a branch that is never taken is a mistake
      "no-constant-binary-expression": "error", // the same inside an expression, as after a wrong ??
      "no-unreachable": "error", // what comes behind a return was meant to run
      "no-fallthrough": "error", // a forgotten break
      "no-self-compare": "error", // always true, or NaN in disguise
      "no-unsafe-finally": "error", // a return there swallows the error
      "no-async-promise-executor": "error", // its error reaches nobody
      "no-promise-executor-return": "error", // the value is lost
      "no-prototype-builtins": "error", // an object from outside may have a key of that name
      "no-unused-private-class-members": "error", // what nobody uses is in the way
    },
  },
  {
    files: ["main.js", "{browser,page,play,server,text,tiles,time,timeline}/**"],
    languageOptions: { globals: globals(browser) },
    rules: {
      "no-restricted-syntax": ["error",
        { selector: "CallExpression[callee.object.name='Object'][callee.property.name='assign'] > ThisExpression:first-child", message: "Name the fields: tsc does not see these." },
        { selector: "Literal[value=/^\\u002f/]:not([regex])", message: "Addresses are relative: the page works under any path." }],
    },
  },
  { files: ["test/**"], languageOptions: { globals: globals([...node, ...browser]) } },
];
