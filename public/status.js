/** The header: the state of the connection in plain words, when the next try is, and the same in the protocol's terms. */
import { byId, setText } from './dom.js';
import { onLanguage, t } from './language.js';
import { CLOSED } from './protocol.js';

/** @typedef {import('./connection.js').State} State */

export class StatusView {
  #status = byId('status', HTMLElement);
  #retryIn = byId('retry-in', HTMLElement);
  #retryNow = byId('retry-now', HTMLButtonElement);
  #wireState = byId('wire-state', HTMLElement);
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticker;
  /** @type {State} */
  #state = { kind: 'stopped' };
  /** The code of the last end. @type {number | undefined} */
  #code;
  #hasStorage = true;

  /**
   * @param {string} url
   * @param {() => void} onRetryNow
   */
  constructor(url, onRetryNow) {
    byId('wire-url', HTMLElement).textContent = url;
    this.#retryNow.onclick = onRetryNow;
    onLanguage(() => this.#render());
  }

  /** @param {State} state */
  show(state) {
    this.#state = state;
    if (state.kind !== 'open') this.#hasStorage = true;
    clearInterval(this.#ticker);
    if (state.kind === 'waiting') this.#code = state.code;
    if (state.kind === 'waiting') this.#ticker = setInterval(() => this.#countDown(state.until), 250);
    this.#render();
  }

  /** @param {boolean} hasStorage whether the server can keep what is said */
  showStorage(hasStorage) {
    this.#hasStorage = hasStorage;
    this.#render();
  }

  #render() {
    const state = this.#state;
    document.documentElement.dataset['state'] = state.kind;
    document.documentElement.dataset['storage'] = this.#hasStorage ? 'there' : 'away';
    const hadFocus = document.activeElement === this.#retryNow;
    this.#retryNow.hidden = state.kind !== 'waiting';
    if (hadFocus && this.#retryNow.hidden) byId('message-input', HTMLElement).focus();
    switch (state.kind) {
      case 'waiting':
        setText(this.#status, reasonOf(state.code));
        setText(this.#wireState, state.code ? `CLOSED ${state.code}` : 'CLOSED');
        this.#countDown(state.until);
        break;
      case 'connecting':
        // A retry keeps the text, so that a screen reader does not announce every attempt.
        setText(this.#status, state.retry ? reasonOf(this.#code) : t.connecting);
        setText(this.#retryIn, state.retry ? t.trying : '');
        setText(this.#wireState, 'CONNECTING');
        break;
      case 'open':
        setText(this.#status, this.#hasStorage ? t.open : t.storageAway);
        setText(this.#retryIn, '');
        setText(this.#wireState, state.extensions ? `OPEN · ${state.extensions.split(';')[0]}` : 'OPEN');
        break;
      case 'stopped':
        setText(this.#status, t.stopped);
        setText(this.#retryIn, '');
        setText(this.#wireState, 'CLOSED');
    }
  }

  /** @param {number} until */
  #countDown(until) {
    setText(this.#retryIn, t.retryIn(Math.max(1, Math.ceil((until - Date.now()) / 1000))));
  }
}

/** @param {number | undefined} code */
function reasonOf(code) {
  if (!navigator.onLine) return t.offline;
  if (code === CLOSED.tooFast) return t.tooFastClosed;
  return code === CLOSED.tooManyConnections ? t.tooManyConnections : t.waiting;
}
