/** The list of rooms, with what is unread in each, and the dialogs for a new one and for another key of one. */
import { canEncrypt, newKey } from './crypto.js';
import { dialog } from './dialogs.js';
import { arrange, byId, make, setText } from './dom.js';
import { KeyDialog } from './key-dialog.js';
import { t } from './language.js';
import { newId, roomNameOf } from './protocol.js';

/**
 * @typedef {import('./room.js').Room} Room
 * @typedef {import('./rooms.js').Place} Place
 */

/** More than this is only "many". */
const MANY = 99;

export class RoomsView {
  #list = byId('room-list', HTMLElement);
  #elsewhere = byId('elsewhere', HTMLElement);
  #dialog = dialog('new-room-dialog');
  #name = byId('room-name', HTMLInputElement);
  #error = byId('room-error', HTMLElement);
  #encrypted = byId('room-encrypted', HTMLInputElement);
  /** @type {Map<Room, { item: HTMLElement, link: HTMLAnchorElement, lock: HTMLElement, badge: HTMLElement }>} */
  #items = new Map();
  #onOpen;
  #keyDialog;

  /** @param {(place: Place) => void} onOpen */
  constructor(onOpen) {
    this.#onOpen = onOpen;
    this.#keyDialog = new KeyDialog(onOpen);
    byId('new-room', HTMLButtonElement).onclick = () => this.#ask();
    byId('new-room-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#make();
    });
  }

  /**
   * @param {Iterable<Room>} rooms
   * @param {Room} current
   * @param {(room: Room) => number} unreadOf
   */
  render(rooms, current, unreadOf) {
    const all = [...rooms];
    for (const room of this.#items.keys()) if (!all.includes(room)) this.#items.delete(room);
    for (const room of all) {
      const { link, lock, badge } = this.#itemOf(room);
      setText(lock, room.isEncrypted ? t.encryptedRoom : '');
      if (room === current) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
      this.#renderBadge(badge, unreadOf(room));
    }
    arrange(
      this.#list,
      all.map((room) => this.#itemOf(room).item),
    );
    if (current.otherKey) this.#keyDialog.ask(current);
    this.#elsewhere.hidden = all.every((room) => room === current || unreadOf(room) === 0);
  }

  /** @param {HTMLElement} badge @param {number} unread */
  #renderBadge(badge, unread) {
    badge.hidden = unread === 0;
    const [shown, said] = badge.children;
    if (shown) setText(shown, unread > MANY ? `${MANY}+` : String(unread));
    if (said) setText(said, t.unread(unread));
  }

  /** @param {Room} room */
  #itemOf(room) {
    const known = this.#items.get(room);
    if (known) return known;
    const number = make('span', '');
    number.ariaHidden = 'true';
    const badge = make('span', 'badge', number, make('span', 'sr'));
    const link = make('a', 'room-link', make('bdi', '', room.title));
    link.href = `#room=${encodeURIComponent(room.name)}`;
    link.classList.toggle('encrypted', room.isEncrypted);
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#onOpen({ name: room.name, key: room.key });
    });
    const lock = make('span', 'sr');
    link.append(' ', lock, ' ', badge);
    const made = { item: make('li', '', link), link, lock, badge };
    this.#items.set(room, made);
    return made;
  }

  #ask() {
    this.#name.value = '';
    setText(this.#error, '');
    this.#encrypted.checked = false;
    this.#encrypted.disabled = !canEncrypt;
    byId('room-plain-http', HTMLElement).hidden = canEncrypt;
    this.#dialog.showModal();
    this.#name.focus();
  }

  #make() {
    const name = roomNameOf(this.#name.value).replace(/^(e-+)+/, '');
    setText(this.#error, name === '' ? t.roomBadName : '');
    this.#name.setAttribute('aria-invalid', String(name === ''));
    if (name === '') return this.#name.focus();
    this.#dialog.close();
    if (!this.#encrypted.checked) return this.#onOpen({ name });
    // Somebody else may have an encrypted room of this name, with another key.
    const unique = `${[...name].slice(0, 50).join('')}-${newId().slice(0, 6)}`;
    this.#onOpen({ name: `e-${unique}`, key: newKey() });
  }
}
