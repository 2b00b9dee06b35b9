/** The line to the server: the connection, what the server has said of itself, and what is asked of it. */
import { Connection } from './connection.js';
import { CLOSED, SUBPROTOCOL } from './protocol.js';
import { currentSession } from './session.js';

/**
 * @typedef {import('./room.js').Room} Room
 * @typedef {import('./connection.js').State} State
 * @typedef {{ state(state: State): void, message(text: string): void, over(): void }} Listener `over`: the session has ended
 */

const PAGE = 50;
/** A connection from which nothing came for so long is asked whether it is there. */
const SILENT_MS = 60_000;

export class Line {
  /** What the server said first; undefined while there is no connection. @type {import('./protocol.js').Welcome | undefined} */
  welcome;
  /** Whether the server can keep what is said. */
  hasStorage = true;
  isOpen = false;
  extensions = '';
  url = chatUrl();
  #listener;
  #connection;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    this.#connection = new Connection(
      this.url,
      SUBPROTOCOL,
      (state) => this.#entered(state),
      (text) => listener.message(text),
    );
  }

  start() {
    this.#connection.start();
  }

  stop() {
    this.#connection.stop();
  }

  retryNow() {
    this.#connection.retryNow();
  }

  abandon() {
    this.#connection.abandon();
  }

  /** The machine may have slept: no timer and no socket is to be believed. @param {Iterable<Room>} rooms */
  wake(rooms) {
    this.#connection.retryNow();
    this.#probe(rooms);
  }

  /**
   * Where nobody says anything, and where the network has let go of the connection without a word, it is as quiet: so it asks.
   * One idle member whose page is visible costs the server one small request a minute.
   * @param {Iterable<Room>} rooms
   */
  listen(rooms) {
    if (this.#connection.silentMs > SILENT_MS) this.#probe(rooms);
  }

  /** Asks for what every server answers with nothing. @param {Iterable<Room>} rooms one that is joined will do */
  #probe(rooms) {
    const room = [...rooms].find(({ isJoined }) => isJoined)?.name;
    if (room) this.#connection.probe(JSON.stringify({ type: 'history', room, before: 1, limit: 1 }));
  }

  /** @param {unknown} request @returns {boolean} whether it was sent */
  ask(request) {
    return this.welcome !== undefined && this.#connection.send(JSON.stringify(request));
  }

  /** @param {Room} room entered, or come back to */
  join(room) {
    const after = room.timeline.cursor;
    room.isJoined = false;
    this.ask({ type: 'join', room: room.name, ...(after ? { after } : {}) });
  }

  /** Asks for what was said before. @param {Room} room @param {boolean} isFar as much as one page may have */
  earlier(room, isFar) {
    const { before } = room.timeline;
    if (before === undefined || room.isLoading || !room.isJoined) return;
    const limit = isFar ? (this.welcome?.limits.historyPage ?? PAGE) : PAGE;
    room.isLoading = this.ask({ type: 'history', room: room.name, before, limit });
  }

  /** @param {Room | undefined} room whether something can be said there */
  canSend(room) {
    return this.isOpen && this.hasStorage && this.welcome !== undefined && room?.isJoined === true;
  }

  /**
   * @param {Room | undefined} room
   * @param {import('./outbox.js').Waiting} item
   * @returns {Promise<'sent' | 'closed' | 'no-key'>}
   */
  async send(room, { id, room: name, kind, text, target, targetId }) {
    const change = target ? { target, targetId } : {};
    const sent = (/** @type {object} */ fields) => {
      const type = kind === 'text' ? 'say' : kind;
      return this.ask({ type, room: name, id, ...change, ...fields }) ? 'sent' : 'closed';
    };
    if (kind === 'delete') return sent({});
    if (!room?.isEncrypted) return sent({ text });
    const sender = this.welcome?.you.id ?? '';
    const sealed = await room.seal({ id, sender, target: target ?? 0, text });
    return sealed === undefined ? 'no-key' : sent({ text: sealed, sealed: true });
  }

  /** @param {State} state */
  #entered(state) {
    this.isOpen = state.kind === 'open';
    this.extensions = state.kind === 'open' ? state.extensions : '';
    this.hasStorage = true;
    if (!this.isOpen) this.welcome = undefined;
    this.#listener.state(state);
    if (state.kind === 'waiting') void this.#checkSession(state);
  }

  /** A browser does not tell why a WebSocket was refused. @param {{ code: number | undefined, wasOpen: boolean }} state */
  async #checkSession({ code, wasOpen }) {
    const isOver = code === CLOSED.sessionEnded;
    if (!isOver && (wasOpen || (await currentSession()).kind !== 'out')) return;
    this.#listener.over();
  }
}

function chatUrl() {
  const url = new URL('chat', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  url.hash = '';
  url.search = '';
  return url.href;
}
