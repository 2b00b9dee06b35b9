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
 * @param {{ panel: string, column: string, drawer: string, opener: string, wide: string }} parts ids, and a media query
 * @returns {{ close(): void }}
 */
export function drawer({ panel: panelId, column, drawer: drawerId, opener: openerId, wide }) {
  const panel = byId(panelId, HTMLElement);
  const place = byId(column, HTMLElement);
  const box = dialog(drawerId);
  const opener = byId(openerId, HTMLButtonElement);
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
