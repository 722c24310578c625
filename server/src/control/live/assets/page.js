// Elements. All text becomes text nodes: nothing that a server, a profile or a client wrote is parsed as HTML.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element with attributes and children; `class`, `for` and so on as in HTML. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

/** A new element of SVG. */
export function svgElement(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

function setAttributes(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
}

/** Sets the text of an element if it differs, so that an unchanged page is not laid out. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Sets an attribute if it differs. */
export function setAttribute(target, name, value) {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/** A name from elsewhere, whose direction of writing changes nothing around it. */
export const isolated = (text) => element("bdi", {}, text);
