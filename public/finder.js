/** Goes to a message that may be further up than what is here: page by page. */

/**
 * @typedef {import('./room.js').Room} Room
 * @typedef {{ reveal(id: string): boolean, earlier(room: Room): void, lost(): void }} Host `earlier`: the room is loading, then,
 *   unless it cannot; `lost`: the message is too far up, or no longer there
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
  goTo(room, id, seq = Number.POSITIVE_INFINITY) {
    this.stop();
    if (this.#host.reveal(id)) return;
    this.#goal = { room, id, seq, pages: PAGES };
    this.approach(room);
  }

  /** The reader has gone elsewhere, or the connection has. */
  stop() {
    this.#goal = undefined;
  }

  /** Whether what comes of history is on the way to a message. @param {Room} room */
  isSeeking(room) {
    return this.#goal?.room === room;
  }

  /** A page of history has come, or did not: is what one looks for in it? @param {Room} room */
  approach(room) {
    const goal = this.#goal;
    if (goal?.room !== room) return;
    const { before } = room.timeline;
    if (before !== undefined && before > goal.seq && goal.pages-- > 0) {
      this.#host.earlier(room);
      if (room.isLoading) return;
    }
    this.stop();
    if (!this.#host.reveal(goal.id)) this.#host.lost();
  }
}
