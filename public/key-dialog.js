/** Asks before the key of an encrypted room is replaced by the one of a link. To close it is to keep the key. */
import { dialog } from './dialogs.js';
import { byId } from './dom.js';

/**
 * @typedef {import('./room.js').Room} Room
 * @typedef {import('./rooms.js').Place} Place
 */

export class KeyDialog {
  #dialog = dialog('key-dialog');
  /** @type {Place | undefined} */
  #place;

  /** @param {(place: Place) => void} onUse */
  constructor(onUse) {
    byId('use-key', HTMLButtonElement).onclick = () => {
      this.#dialog.close();
      if (this.#place) onUse(this.#place);
    };
  }

  /** @param {Room} room which has another key */
  ask(room) {
    this.#place = { name: room.name, key: room.otherKey, isAgreed: true };
    room.otherKey = undefined;
    if (!this.#dialog.open) this.#dialog.showModal();
  }
}
