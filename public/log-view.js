/**
 * The log on the screen: a window onto the rows of a room that never holds more than a few hundred elements, follows the newest
 * while one is at the bottom, and does not move what one reads when something is added above.
 */
import { arrange, byId, make, setText } from './dom.js';
import { onLanguage, t } from './language.js';
import { viewOf } from './message-view.js';
import { isSameRow, rowsOf } from './rows.js';

/**
 * @typedef {import('./room.js').Room} Room
 * @typedef {import('./rows.js').Row} Row
 */

/** Rows on the screen, at most, and how many come in at once. */
const MOST = 360;
const PAGE = 120;
const NEAR_PX = 24;
/** More comes in when less than this is left above or below. */
const AHEAD_PX = 800;

export class LogView {
  #log = byId('chat-log', HTMLElement);
  #jump = byId('jump', HTMLButtonElement);
  #top = make('p', 'entry top');
  #actions;
  #onEarlier;
  /** @type {Room | undefined} */
  #room;
  /** @type {Row[]} */
  #rows = [];
  /** The window: the key of its first row, and of its last, if it does not reach the newest. @type {string | undefined} */
  #firstKey;
  /** @type {string | undefined} */
  #lastKey;
  #follows = true;
  /** The number up to which the reader has seen, while scrolled up. */
  #seen = 0;
  /** @type {Map<string, { row: Row, element: HTMLElement }>} */
  #views = new Map();
  #you = '';

  /**
   * @param {import('./message-view.js').Actions} actions
   * @param {(room: Room) => void} onEarlier the reader is near the beginning of what is here
   */
  constructor(actions, onEarlier) {
    this.#actions = actions;
    this.#onEarlier = onEarlier;
    // Without a tab stop it cannot be scrolled by keyboard.
    this.#log.tabIndex = 0;
    this.#log.addEventListener('scroll', () => this.#noteScroll(), { passive: true });
    this.#log.addEventListener('keydown', (event) => this.#move(event));
    this.#log.addEventListener('focusin', ({ target }) => this.#focus(target));
    // The keyboard of a phone and a growing input make the log shorter.
    new ResizeObserver(() => this.#follows && this.#toBottom()).observe(this.#log);
    this.#jump.onclick = () => {
      this.follow();
      this.#log.focus({ preventScroll: true });
    };
    onLanguage(() => {
      this.#views.clear();
      this.render();
    });
    this.#awaitMidnight();
  }

  /** Days are called otherwise then. A timer that sleeps with the machine comes late, but then the page renders by itself. */
  #awaitMidnight() {
    const midnight = new Date().setHours(24, 0, 0, 0);
    setTimeout(() => {
      this.render();
      this.#awaitMidnight();
    }, midnight - Date.now());
  }

  /** Whether the newest message is on the screen. */
  get isAtBottom() {
    return this.#follows;
  }

  /** @param {Room} room @param {string} you */
  show(room, you) {
    if (this.#room !== room || this.#you !== you) {
      this.#views.clear();
      this.#log.replaceChildren();
      this.#firstKey = this.#lastKey = undefined;
      this.#follows = true;
    }
    this.#room = room;
    this.#you = you;
    this.render();
  }

  /** Goes to the newest message and stays with it. */
  follow() {
    this.#firstKey = this.#lastKey = undefined;
    this.#follows = true;
    this.render();
  }

  /** Looks at all messages again: what is said of those that wait depends on the connection. */
  refresh() {
    for (const [key, { row }] of this.#views) {
      if (row.type === 'message' && row.message.state !== 'kept') this.#views.delete(key);
    }
    this.render();
  }

  /** @param {string} id of a message. @returns {boolean} whether it is here: it is shown, then */
  reveal(id) {
    this.render();
    const index = this.#rows.findIndex(({ key }) => key === id);
    if (index < 0) return false;
    this.#follows = false;
    this.#firstKey = this.#keyAt(index - PAGE / 2);
    this.#lastKey = index + PAGE / 2 < this.#rows.length ? this.#keyAt(index + PAGE / 2) : undefined;
    this.render();
    const element = this.#views.get(id)?.element;
    element?.scrollIntoView({ block: 'center' });
    element?.focus({ preventScroll: true });
    return true;
  }

  render() {
    const room = this.#room;
    if (!room) return;
    const reader = { you: this.#you, divider: room.dividerHere, now: Date.now() };
    this.#rows = rowsOf(room.timeline.items(), reader);
    const anchor = this.#follows ? undefined : this.#anchor();
    const [from, to] = this.#window();
    const shown = this.#rows.slice(from, to);
    const elements = shown.map((row) => this.#viewOf(row, room));
    const keys = new Set(shown.map(({ key }) => key));
    for (const key of this.#views.keys()) if (!keys.has(key)) this.#views.delete(key);
    this.#renderTop(room, from);
    const children = shown.length > 0 ? [this.#top, ...elements] : [];
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement : undefined;
    const focusedId = focused?.closest('article')?.dataset['id'];
    arrange(this.#log, children);
    // A message that was replaced keeps the focus.
    if (focusedId && !focused?.isConnected)
      this.#views.get(focusedId)?.element.focus({ preventScroll: true });
    if (this.#follows) this.#toBottom();
    else if (anchor) this.#log.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
    this.#renderJump();
    this.#look();
  }

  /** @returns {[number, number]} the rows that are on the screen */
  #window() {
    const { length } = this.#rows;
    if (this.#follows) return [Math.max(0, length - PAGE), length];
    const indexOf = (/** @type {string | undefined} */ key) => this.#rows.findIndex((row) => row.key === key);
    const to = this.#lastKey === undefined ? length : indexOf(this.#lastKey) + 1 || length;
    const first = this.#firstKey === undefined ? -1 : indexOf(this.#firstKey);
    let from = first < 0 ? Math.max(0, to - PAGE) : first;
    while (from > 0 && this.#rows[from - 1]?.type !== 'message') from--; // with the day that it belongs to
    return [from, Math.min(to, from + MOST)];
  }

  /** @param {number} index @returns {string | undefined} the key of the message there, or of the next one */
  #keyAt(index) {
    return this.#rows.slice(Math.max(0, index)).find(({ type }) => type === 'message')?.key;
  }

  /** @param {Row} row @param {Room} room */
  #viewOf(row, room) {
    const known = this.#views.get(row.key);
    if (known && isSameRow(known.row, row)) return known.element;
    const element = viewOf(row, this.#actions, room.isEncrypted);
    // Only what comes in while one looks on is animated.
    if (!known && row.type === 'message' && this.#follows && this.#views.size > 0)
      element.classList.add('arrives');
    this.#views.set(row.key, { row, element });
    return element;
  }

  /** @param {Room} room @param {number} from */
  #renderTop(room, from) {
    const isAll = from === 0 && room.timeline.before === undefined;
    const text = isAll ? (room.timeline.isTrimmed ? t.beginningTrimmed : t.beginning) : t.loading;
    setText(this.#top, text);
    this.#top.classList.toggle('all', isAll);
  }

  #renderJump() {
    const isAway = !this.#follows;
    const last = this.#lastSeq();
    if (!isAway) this.#seen = last;
    const count = isAway ? this.#rows.filter((row) => this.#isUnseen(row)).length : 0;
    this.#jump.hidden = !isAway;
    this.#jump.classList.toggle('news', count > 0);
    setText(this.#jump, t.jump(count));
  }

  /** @param {Row} row */
  #isUnseen(row) {
    return (
      row.type === 'message' &&
      !row.isOwn &&
      (row.message.seq ?? 0) > this.#seen &&
      row.message.epoch === this.#room?.timeline.epoch
    );
  }

  #lastSeq() {
    return this.#room?.timeline.cursor?.seq ?? 0;
  }

  /** What the reader looks at, and where it is. */
  #anchor() {
    const top = this.#log.getBoundingClientRect().top;
    for (const element of this.#log.children) {
      const box = element.getBoundingClientRect();
      if (element !== this.#top && box.bottom > top && this.#isStill(element))
        return { element, top: box.top };
    }
    return undefined;
  }

  /** @param {Element} element whether it will be there after the next rendering: dividers come and go */
  #isStill(element) {
    return element.classList.contains('message');
  }

  #toBottom() {
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  #noteScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const isAtEnd = this.#window()[1] === this.#rows.length;
    if (isAtEnd && scrollHeight - scrollTop - clientHeight < NEAR_PX) {
      if (!this.#follows) this.follow();
      return;
    }
    if (this.#follows) this.#firstKey = this.#keyAt(this.#window()[0]);
    this.#follows = false;
    this.#look();
    this.#renderJump();
  }

  /** Takes more into the window where the reader is near its edge. */
  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const [from, to] = this.#window();
    const { length } = this.#rows;
    const isNearTop = scrollTop < AHEAD_PX;
    if (isNearTop && from === 0 && this.#room) this.#onEarlier(this.#room);
    if (this.#follows) return;
    if (isNearTop && from > 0) {
      this.#firstKey = this.#keyAt(from - PAGE);
      if (to - from + PAGE > MOST) this.#lastKey = this.#keyAt(from - PAGE + MOST);
      this.render();
    } else if (to < length && scrollHeight - scrollTop - clientHeight < AHEAD_PX) {
      this.#lastKey = to + PAGE < length ? this.#keyAt(to + PAGE) : undefined;
      this.#firstKey = this.#keyAt(Math.max(from, Math.min(to + PAGE, length) - MOST));
      this.render();
    }
  }

  /** Arrows go from message to message. @param {KeyboardEvent} event */
  #move(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    const messages = /** @type {HTMLElement[]} */ ([...this.#log.querySelectorAll('.message')]);
    const current = document.activeElement?.closest('.message');
    const at = messages.indexOf(/** @type {HTMLElement} */ (current));
    const next = messages[at < 0 ? messages.length - 1 : at + step];
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  }

  /** Only the buttons of the message that one is on can be reached by Tab. @param {EventTarget | null} target */
  #focus(target) {
    const message = target instanceof Element ? target.closest('.message') : null;
    for (const button of this.#log.querySelectorAll('.own-actions button')) {
      if (button instanceof HTMLElement) button.tabIndex = message?.contains(button) ? 0 : -1;
    }
  }
}
