/** Dialogs: they open over the page, close by Esc, by their own button, and by a click beside them. */
import { byId } from './dom.js';

/** @param {string} id @returns {HTMLDialogElement} */
export function dialog(id) {
  const element = byId(id, HTMLDialogElement);
  element.addEventListener('click', (event) => {
    const { target } = event;
    if (target instanceof Element && target.closest('[data-close]')) element.close();
    if (target === element && isBeside(element, event)) element.close();
  });
  return element;
}

/** @param {Element} element @param {MouseEvent} event */
function isBeside(element, { clientX, clientY, detail }) {
  if (detail === 0) return false; // by keyboard
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

/**
 * A panel that is a column where there is room, and a drawer where there is none.
 * @param {string} name the panel has it as its id, and its column, drawer and opener begin or end with it
 * @param {string} wide a media query
 * @returns {{ close(): void }}
 */
export function drawer(name, wide) {
  const panel = byId(name, HTMLElement);
  const place = byId(`${name}-column`, HTMLElement);
  const box = dialog(`${name}-drawer`);
  const opener = byId(`open-${name}`, HTMLButtonElement);
  const query = matchMedia(wide);
  const settle = () => {
    box.close();
    (query.matches ? place : box).append(panel);
    place.hidden = !query.matches;
    opener.hidden = query.matches;
  };
  query.addEventListener('change', settle);
  opener.onclick = () => box.showModal();
  settle();
  return { close: () => box.close() };
}
