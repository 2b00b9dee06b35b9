/** What the server says, one message after the other, and what becomes of it. */
import { parseFrame } from './protocol.js';

/**
 * @typedef {import('./room.js').Room} Room
 * @typedef {import('./protocol.js').FromServer} FromServer
 * @typedef {import('./protocol.js').Failure} Failure
 * @typedef {import('./protocol.js').Entries} Entries
 * @typedef {{ welcome(frame: import('./protocol.js').Welcome): void, room(name: string): Room | undefined, join(room: Room): void,
 *   isReading(room: Room): boolean, mayTrim(room: Room): boolean, storage(isAvailable: boolean): void, changed(): void, news(room: Room, entries: readonly
 *   import('./protocol.js').Entry[]): void, earlier(room: Room): void }} Host
 */

/** Messages of a room that the page keeps. What is older comes again when one scrolls up. */
const KEPT_MESSAGES = 3_000;
const AGAIN_MS = 2_000;

export class Incoming {
  #host;
  #outbox;

  /** @param {Host} host @param {import('./outbox.js').Outbox} outbox */
  constructor(host, outbox) {
    this.#host = host;
    this.#outbox = outbox;
  }

  /** @param {string} text */
  receive(text) {
    const frame = parseFrame(text);
    if (!frame) return;
    if (frame.type === 'welcome') this.#host.welcome(frame);
    else if (frame.type === 'storage') this.#host.storage(frame.available);
    else if (frame.type === 'error') this.#refused(frame);
    else {
      const room = this.#host.room(frame.room);
      if (room) this.#inRoom(room, frame);
      else this.#elsewhere(frame);
    }
    this.#host.changed();
  }

  /** @param {Room} room @param {Exclude<FromServer, { type: 'welcome' | 'storage' | 'error' }>} frame */
  #inRoom(room, frame) {
    switch (frame.type) {
      case 'joined':
        room.inTurn(() => room.timeline.joined(frame));
        room.joined(frame);
        this.#outbox.pump();
        break;
      case 'gap':
        room.inTurn(() => room.timeline.gap(frame));
        break;
      case 'entries':
        room.read(frame, (readable) => this.#entries(room, readable));
        break;
      case 'history':
        room.read(frame, (readable) => {
          room.isLoading = false;
          room.timeline.history(readable);
          this.#host.earlier(room);
          this.#host.changed();
        });
        break;
      case 'ack':
        room.inTurn(() => room.timeline.ack(frame));
        this.#outbox.confirm(frame.id);
        break;
      case 'presence':
        room.count = frame.count;
        room.members = frame.members;
        break;
      case 'typing':
        room.typing = frame.members;
        break;
      case 'crowd':
        room.crowd = frame.on ? frame : undefined;
    }
  }

  /** Of a room that one has left meanwhile: what one said there is kept all the same. @param {FromServer} frame */
  #elsewhere(frame) {
    const kept = frame.type === 'ack' ? [frame] : frame.type === 'entries' ? frame.entries : [];
    for (const { id } of kept) this.#outbox.confirm(id);
  }

  /** @param {Room} room @param {Entries} frame */
  #entries(room, frame) {
    const isWatching = this.#host.isReading(room);
    const isUpToDate = isWatching && room.isCaughtUp;
    const before = room.timeline.cursor?.seq ?? 0;
    const isWhole = room.timeline.entries(frame);
    if (!isWhole) this.#host.join(room);
    for (const { id } of frame.entries) this.#outbox.confirm(id);
    if (isUpToDate) room.markRead(true);
    if (this.#host.mayTrim(room)) room.timeline.trim(KEPT_MESSAGES);
    this.#host.news(room, isUpToDate || !isWatching ? frame.entries.filter(({ seq }) => seq > before) : []);
    this.#host.changed();
  }

  /** @param {Failure} failure */
  #refused(failure) {
    const room = failure.room && this.#host.room(failure.room);
    // Behind what has come before it, which may tell that the log has lost the message.
    const refuse = () => this.#outbox.refuse(failure);
    if (failure.id) return room ? room.inTurn(refuse) : refuse();
    if (!room) return;
    if (failure.code === 'too-many-rooms') {
      room.refusal = failure.code; // until one is left
      return;
    }
    // A join or a page of history: asked for again, unless the room was left.
    setTimeout(() => {
      if (this.#host.room(room.name) !== room) return;
      room.isLoading = false;
      if (!room.isJoined && !room.refusal) this.#host.join(room);
      this.#host.earlier(room);
      this.#host.changed();
    }, failure.retryAfterMs ?? AGAIN_MS);
  }
}
