import { byId } from './dom.js';
import { strings } from './strings.js';

/** @typedef {import('./connection.js').State} State */

/** The header of the page: the state in words, the next attempt, and the state in the protocol's terms. */
export class StatusView {
  #status = byId('status', HTMLElement);
  #retryIn = byId('retry-in', HTMLElement);
  #retryNow = byId('retry-now', HTMLButtonElement);
  #wireState = byId('wire-state', HTMLElement);
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticker;

  /**
   * @param {string} url
   * @param {() => void} onRetryNow
   */
  constructor(url, onRetryNow) {
    byId('wire-url', HTMLElement).textContent = url;
    this.#retryNow.onclick = onRetryNow;
  }

  /** @param {State} state */
  show(state) {
    clearInterval(this.#ticker);
    document.documentElement.dataset.state = state.kind;
    this.#retryNow.hidden = state.kind !== 'waiting';
    this.#retryIn.textContent = '';
    switch (state.kind) {
      case 'waiting':
        this.#announce(navigator.onLine ? strings.waiting : strings.offline);
        this.#wireState.textContent = state.code ? `CLOSED ${state.code}` : 'CLOSED';
        this.#countDown(state.until);
        this.#ticker = setInterval(() => this.#countDown(state.until), 250);
        break;
      case 'connecting':
        // A retry keeps the text, so that a screen reader does not announce every attempt.
        if (state.retry) this.#retryIn.textContent = strings.trying;
        else this.#announce(strings.connecting);
        this.#wireState.textContent = 'CONNECTING';
        break;
      case 'open':
        this.#announce(strings.open);
        this.#wireState.textContent = state.extensions ? `OPEN · ${state.extensions.split(';')[0]}` : 'OPEN';
        break;
      case 'stopped':
        this.#announce(strings.stopped);
        this.#wireState.textContent = 'CLOSED';
    }
  }

  /** @param {string} text */
  #announce(text) {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  /** @param {number} until */
  #countDown(until) {
    this.#retryIn.textContent = strings.retryIn(Math.max(1, Math.ceil((until - Date.now()) / 1000)));
  }
}
