/** Elements: those that index.html has, and new ones. Text is always text: nothing here takes markup. */

/**
 * An element that the page cannot work without, as the type that the caller expects.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html lacks #${id}`);
  return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} className
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** @param {string} className @param {string} text @param {() => void} onClick */
export function button(className, text, onClick) {
  const element = make('button', className, text);
  element.type = 'button';
  element.onclick = onClick;
  return element;
}

/** A name, which may run from right to left, kept apart from the text around it. @param {string} name */
export function nameOf(name) {
  return make('bdi', 'name', name);
}

/** @param {Element} element @param {string} text only touched if it differs: what is live would be read again */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes the children of an element these, moving and removing as little as it can.
 * @param {Element} parent
 * @param {readonly Element[]} children
 */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let at = parent.firstElementChild;
  for (const child of children) {
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
}

/** How many colours names have; style.css has them. */
const COLOURS = 10;

/** The class of the colour of a person: the same everywhere, and after a reload. @param {string} id */
export function colourOf(id) {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return `c${(hash >>> 8) % COLOURS}`;
}
