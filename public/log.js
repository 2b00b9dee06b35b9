import { byId } from './dom.js';
import { strings } from './strings.js';

const MAX_ENTRIES = 1000;
/** Batches what arrives within one rendered frame: a flood must not force a layout for every message. */
const FLUSH_MS = 16;
const NEAR_PX = 16;

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

/** The log: appends, trims, and follows the newest entry while the reader is at the bottom. */
export class LogView {
  #log = byId('chat-log', HTMLElement);
  #empty = byId('empty', HTMLElement);
  #jump = byId('jump', HTMLButtonElement);
  /** @type {HTMLElement[]} */
  #queue = [];
  #atBottom = true;
  #lastTime = '';

  constructor() {
    // Without a tab stop it cannot be scrolled by keyboard.
    this.#log.tabIndex = 0;
    this.#log.addEventListener('scroll', () => this.#noteScroll(), { passive: true });
    // The keyboard of a phone and a growing input make the log shorter.
    new ResizeObserver(() => this.#atBottom && this.follow()).observe(this.#log);
    this.#jump.onclick = () => {
      this.follow();
      this.#log.focus({ preventScroll: true });
    };
  }

  /**
   * @param {string} text
   * @param {boolean} own
   */
  message(text, own) {
    const now = new Date();
    const time = document.createElement('time');
    time.dateTime = now.toISOString();
    time.title = calendar.format(now);
    time.textContent = clock.format(now);
    const body = document.createElement('p');
    body.dir = 'auto';
    body.textContent = text;
    const entry = document.createElement('div');
    entry.className = 'entry message';
    entry.classList.toggle('same-time', time.textContent === this.#lastTime);
    this.#lastTime = time.textContent;
    if (own) {
      entry.classList.add('own');
      const you = document.createElement('span');
      you.className = 'sr';
      you.textContent = strings.you;
      entry.append(you);
    }
    entry.append(body, time);
    this.#add(entry);
  }

  /**
   * Adds a line about the connection.
   * @param {'lost' | 'back'} kind
   * @param {string} text
   */
  note(kind, text) {
    const entry = document.createElement('p');
    entry.className = `entry note ${kind}`;
    entry.textContent = text;
    this.#lastTime = '';
    this.#add(entry);
  }

  /** Goes to the newest entry and stays with it. */
  follow() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#atBottom = true;
    this.#jump.hidden = true;
  }

  /** @param {HTMLElement} entry */
  #add(entry) {
    if (this.#queue.push(entry) === 1) setTimeout(() => this.#flush(), FLUSH_MS);
    // Timers of a hidden tab are slow. An entry that would be trimmed anyway need not wait for them.
    if (this.#queue.length > MAX_ENTRIES) this.#queue.shift();
  }

  #flush() {
    this.#empty.hidden = true;
    this.#log.append(...this.#queue.splice(0));
    while (this.#log.childElementCount > MAX_ENTRIES) this.#log.firstElementChild?.remove();
    if (this.#atBottom) this.follow();
    else this.#jump.hidden = false;
  }

  #noteScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    this.#atBottom = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.#atBottom) this.#jump.hidden = true;
  }
}
