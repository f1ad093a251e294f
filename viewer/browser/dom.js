// Small things done to elements.

/**
 * @param {string} id that index.html has
 * @returns {HTMLElement}
 */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Elements by their ids.
 * @template {string} K
 * @param {readonly K[]} ids
 * @returns {Record<K, HTMLElement>}
 */
export function byIds(ids) {
  return /** @type {Record<K, HTMLElement>} */ (Object.fromEntries(ids.map((id) => [id, byId(id)])));
}

/**
 * @param {string} name
 * @param {string} className
 * @returns {HTMLElement}
 */
export function element(name, className) {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

/**
 * Writes only what is new: the page is shown several times a second.
 * @param {Element} node
 * @param {string} name
 * @param {string} value
 */
export function attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * The same for an attribute that is only there while something holds.
 * @param {Element} node
 * @param {string} name
 * @param {string|null} value null: it is not there
 */
export function attributeWhile(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else attribute(node, name, value);
}

/**
 * Writes only what is new.
 * @param {Element} node
 * @param {string} value
 */
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}
