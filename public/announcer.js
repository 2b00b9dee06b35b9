/** Tells of what happens: in words to those who do not see the page, and by a notification to those who look elsewhere. */
import { byId, make } from './dom.js';
import { saidIn, whyFailed } from './message-view.js';

/**
 * @typedef {import('./room.js').Room} Room
 * @typedef {import('./protocol.js').Entry} Entry
 */

/** Of what comes together, so many are read out: the last ones. */
const MOST = 3;

/** Reads sentences out, one after the other. @param {readonly string[]} sentences */
export function announce(...sentences) {
  const region = byId('announcer', HTMLElement);
  // Each is an element of its own, so that the same sentence is read out again.
  region.append(...sentences.slice(-MOST).map((sentence) => make('p', '', sentence)));
  while (region.children.length > MOST) region.firstElementChild?.remove();
}

export class Announcer {
  #isReading;
  #notices;
  /** Messages of one's own of which it has been said that they were not sent. @type {Set<string>} */
  #failed = new Set();

  /** @param {(room: Room) => boolean} isReading @param {import('./notices.js').Notices} notices */
  constructor(isReading, notices) {
    this.#isReading = isReading;
    this.#notices = notices;
  }

  /** @param {Room} room @param {readonly Entry[]} entries that have just come @param {string} you */
  news(room, entries, you) {
    const others = entries.filter(({ kind, text, author }) => kind === 'text' && text && author.id !== you);
    const last = others.at(-1);
    if (!last) return;
    if (this.#isReading(room)) announce(...others.map((entry) => saidIn(entry, false)));
    else if (!room.isCaughtUp) this.#notices.tell(room, last);
  }

  /** Says once that a message was not sent, and again when it was tried again. @param {import('./outbox.js').Waiting} item */
  fate({ id, state, reason }) {
    if (state === 'pending') this.#failed.delete(id);
    else if (!this.#failed.has(id)) announce(whyFailed(reason));
    if (state === 'failed') this.#failed.add(id);
  }
}
