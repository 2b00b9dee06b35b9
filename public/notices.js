/** What one is told while one looks elsewhere: the number in the title of the tab, and notifications. Both only after consent. */
import { dialog } from './dialogs.js';
import { byId, setText } from './dom.js';
import { onLanguage, t } from './language.js';
import { recall, remember } from './storage.js';

/** @typedef {import('./room.js').Room} Room */

const hasNotifications = 'Notification' in globalThis && globalThis.isSecureContext;

export class Notices {
  #dialog = dialog('settings-dialog');
  #badge = byId('setting-badge', HTMLInputElement);
  #notify = byId('setting-notify', HTMLInputElement);
  #blocked = byId('notify-blocked', HTMLElement);
  #isBlocked = false;
  #unread = 0;
  #onChoose;

  /** @param {(room: Room) => void} onChoose somebody has clicked on the notification of a room */
  constructor(onChoose) {
    this.#onChoose = onChoose;
    this.#badge.checked = recall('badge') === true;
    this.#notify.checked =
      hasNotifications && recall('notify') === true && Notification.permission === 'granted';
    this.#notify.disabled = !hasNotifications;
    this.#badge.onchange = () => {
      remember('badge', this.#badge.checked);
      this.#renderTitle();
    };
    this.#notify.onchange = () => void this.#consent();
    onLanguage(() => {
      this.#renderTitle();
      this.#renderBlocked();
    });
  }

  /** Opens the settings. */
  open() {
    this.#isBlocked = false;
    this.#renderBlocked();
    this.#dialog.showModal();
  }

  /** @param {number} unread in all rooms */
  setUnread(unread) {
    this.#unread = unread;
    this.#renderTitle();
  }

  /** @param {Room} room @param {import('./protocol.js').Entry} message of somebody else */
  tell(room, message) {
    if (!this.#notify.checked || !document.hidden) return;
    const title = t.newMessageFrom(message.author.name || t.nobody, room.title);
    const body = room.isEncrypted ? t.encryptedMessage : message.text.slice(0, 200);
    // The tag: of several tabs that tell the same, one is seen.
    const options = { body, tag: `${room.name} ${message.id}`, icon: 'favicon.svg' };
    try {
      const notification = new Notification(title, options);
      notification.onclick = () => {
        window.focus();
        this.#onChoose(room);
      };
    } catch {
      // Chrome on Android takes them from service workers only.
    }
  }

  async #consent() {
    if (this.#notify.checked && (await Notification.requestPermission()) !== 'granted') {
      this.#notify.checked = false;
      this.#isBlocked = true;
      this.#renderBlocked();
    }
    remember('notify', this.#notify.checked);
  }

  #renderBlocked() {
    setText(this.#blocked, this.#isBlocked ? t.notifyBlocked : '');
  }

  #renderTitle() {
    document.title = this.#badge.checked && this.#unread > 0 ? `(${this.#unread}) ${t.title}` : t.title;
  }
}
