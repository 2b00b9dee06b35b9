/** The tabs of this browser that show the chat: which of them live, and what they tell each other. */
import { newId } from './protocol.js';

const CHANNEL = 'barewire';
const LOCK = 'barewire-tab-';

export class Tabs {
  id = newId();
  #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(CHANNEL) : undefined;
  #release = () => {};

  /** Keeps a lock for as long as this tab is there: the browser lets go of it, however the tab ends. */
  enter() {
    void navigator.locks?.request(
      LOCK + this.id,
      () =>
        new Promise((resolve) => {
          this.#release = () => resolve(undefined);
        }),
    );
  }

  /** A page that holds a lock is kept out of the back/forward cache. */
  leave() {
    this.#release();
    this.tell({ type: 'gone' });
  }

  /** @returns {Promise<Set<string> | undefined>} the tabs that live, or undefined where the browser has no locks (plain http) */
  async alive() {
    if (!navigator.locks) return undefined;
    const { held = [] } = await navigator.locks.query();
    return new Set([this.id, ...held.map(({ name = '' }) => name.replace(LOCK, ''))]);
  }

  /** @param {unknown} message to all other tabs */
  tell(message) {
    this.#channel?.postMessage(message);
  }

  /** @param {(message: any) => void} listener */
  onTold(listener) {
    this.#channel?.addEventListener('message', ({ data }) => listener(data));
  }
}
