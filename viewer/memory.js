// What this browser remembers between visits. Storage may be forbidden; then
// each visit is the first one.

export function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Nothing is lost but the memory.
  }
}

/** @returns {string|null} */
export function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
