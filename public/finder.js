/** Goes to a message that may be further up than what is here: page by page. */

/**
 * @typedef {import('./room.js').Room} Room
 * @typedef {{ reveal(id: string): boolean, earlier(room: Room): void }} Host
 */

/** It goes back so many pages of history, at most. */
const PAGES = 50;

export class Finder {
  #host;
  /** @type {{ room: Room, id: string, seq: number, pages: number } | undefined} */
  #goal;

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** @param {Room} room that is shown @param {string} id @param {number | undefined} seq */
  goTo(room, id, seq) {
    this.#goal = undefined;
    if (this.#host.reveal(id) || seq === undefined) return;
    this.#goal = { room, id, seq, pages: PAGES };
    this.#host.earlier(room);
  }

  /** A page of history has come: is what one looks for in it? @param {Room} room */
  approach(room) {
    const goal = this.#goal;
    if (goal?.room !== room) return;
    const { before } = room.timeline;
    if (before !== undefined && before > goal.seq && goal.pages-- > 0) return this.#host.earlier(room);
    this.#goal = undefined;
    this.#host.reveal(goal.id);
  }
}
