// Small things done to elements.

/** Writes only what is new: the page is shown several times a second. */
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}
