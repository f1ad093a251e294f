// As much of a browser's document as the page's modules need. Elements that are
// asked for by id are there, as in index.html.

class ClassList extends Set {
  toggle(name, on = !this.has(name)) {
    if (on) this.add(name);
    else this.delete(name);
  }
  contains(name) {
    return this.has(name);
  }
  remove(name) {
    this.delete(name);
  }
}

/** A context that draws nothing and notes what it was told. */
function fakeContext() {
  const calls = [];
  const known = { calls, measureText: (text) => ({ width: 6 * text.length }) };
  return new Proxy(known, {
    get: (target, name) => target[name] ?? ((...args) => void calls.push([name, ...args])),
    set: (target, name, value) => Boolean(calls.push([`${String(name)}=`, value])),
  });
}

export class FakeElement extends EventTarget {
  children = [];
  parent = null;
  attributes = new Map();
  dataset = {};
  style = { setProperty: (name, value) => (this.style[name] = value) };
  classList = new ClassList();
  hidden = false;
  textContent = "";
  value = "";
  width = 0;
  height = 0;
  clientWidth = 1000;
  offsetWidth = 60;
  #found = new Map();

  constructor(tag) {
    super();
    this.tagName = tag;
  }

  set className(names) {
    this.classList = new ClassList(names.split(" ").filter(Boolean));
  }
  append(...nodes) {
    for (const node of nodes) {
      node.remove();
      node.parent = this;
      this.children.push(node);
    }
  }
  replaceChildren(...nodes) {
    for (const child of [...this.children]) child.remove();
    this.append(...nodes);
  }
  remove() {
    if (this.parent) this.parent.children = this.parent.children.filter((child) => child !== this);
    this.parent = null;
  }
  contains(node) {
    return node === this || Boolean(node?.parent && this.contains(node.parent));
  }
  closest(selector) {
    const fits = selector.split(", ").some((one) => (one.startsWith("[data-") ? one.slice(6, -1) in this.dataset : one === this.tagName));
    return fits ? this : (this.parent?.closest(selector) ?? null);
  }
  /** What index.html has in it. */
  querySelector(selector) {
    if (!this.#found.has(selector)) this.#found.set(selector, new FakeElement(selector));
    return this.#found.get(selector);
  }
  querySelectorAll() {
    return [];
  }
  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }
  setAttribute(name, value) {
    this.attributes.set(name, String(value));
  }
  removeAttribute(name) {
    this.attributes.delete(name);
  }
  focus() {
    document.activeElement = this;
  }
  select() {
    this.selected = true;
  }
  click() {
    this.dispatchEvent(new Event("click"));
  }
  getContext() {
    return (this.context ??= fakeContext());
  }
  getBoundingClientRect() {
    return { left: 0, width: this.clientWidth };
  }
  setPointerCapture() {}
}

/** An event with the fields of a pointer's, a key's or a wheel's, at an element. */
export function send(target, type, fields = {}) {
  const event = new Event(type, { cancelable: true });
  for (const [name, value] of Object.entries(fields)) Object.defineProperty(event, name, { value });
  target.dispatchEvent(event);
  return event;
}

/** Puts a document, and what else belongs to a window, into the global scope. */
export function installDocument({ createVideo = () => new FakeElement("video") } = {}) {
  const ids = new Map();
  const make = (tag) => (tag === "video" ? createVideo() : new FakeElement(tag));
  const doc = Object.assign(new FakeElement("#document"), {
    body: new FakeElement("body"),
    documentElement: new FakeElement("html"),
    activeElement: null,
    hidden: false,
    title: "",
    createElement: make,
    getElementById(id) {
      if (!ids.has(id)) ids.set(id, Object.assign(new FakeElement(id), { id }));
      return ids.get(id);
    },
  });
  const win = new EventTarget();
  const frames = new Map();
  let frameCount = 0;
  const media = { matches: false, addEventListener: () => {} };
  const observers = [];
  class Observer {
    constructor(callback) {
      this.callback = callback;
      this.observed = [];
      observers.push(this);
    }
    observe(element) {
      this.observed.push(element);
    }
    disconnect() {
      this.observed = [];
    }
  }
  const stored = new Map();
  const globals = {
    document: doc, location: { hash: "", href: "http://host/cams/" }, devicePixelRatio: 1, innerWidth: 1280, innerHeight: 800,
    history: { replaceState: (_state, _title, hash) => (location.hash = hash) },
    localStorage: { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, String(value)) },
    addEventListener: win.addEventListener.bind(win), matchMedia: () => media, ResizeObserver: Observer, IntersectionObserver: Observer,
    getComputedStyle: () => ({ getPropertyValue: (name) => ` ${name}`, fontFamily: "sans", gridTemplateColumns: "1px 1px" }),
    requestAnimationFrame: (action) => frames.set(++frameCount, action) && frameCount, cancelAnimationFrame: (id) => void frames.delete(id),
    navigator: {},
    BroadcastChannel: class extends EventTarget {
      postMessage() {}
    },
  };
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  return {
    window: win, media, stored, observers,
    /** The next frame of the screen. */
    frame() {
      const due = [...frames.values()];
      frames.clear();
      for (const action of due) action();
    },
  };
}
