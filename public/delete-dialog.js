/** Asks before a message is deleted for everyone. */
import { dialog } from './dialogs.js';
import { byId, setText } from './dom.js';

/** @typedef {import('./timeline.js').Message} Message */

const SHOWN_CHARACTERS = 300;

export class DeleteDialog {
  #dialog = dialog('delete-dialog');
  #text = byId('delete-text', HTMLElement);
  /** @type {Message | undefined} */
  #message;

  /** @param {(message: Message) => void} onDelete */
  constructor(onDelete) {
    byId('delete-button', HTMLButtonElement).onclick = () => {
      this.#dialog.close();
      if (this.#message) onDelete(this.#message);
    };
  }

  /** @param {Message} message */
  ask(message) {
    this.#message = message;
    setText(this.#text, message.text.slice(0, SHOWN_CHARACTERS));
    this.#dialog.showModal();
  }
}
