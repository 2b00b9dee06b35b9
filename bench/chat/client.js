/**
 * A client of chat.v1 as docs/chat-protocol.md asks for it: it comes back with its cursor, and sends again, with the same id,
 * what was not acknowledged.
 */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { between } from './random.js';

const HANDSHAKE_MS = 5_000;
/** A server that leaves a message without an answer for so long is as good as gone. */
const SILENCE_MS = 8_000;
const RETRY_MS = 300;

/**
 * Signs in with a nickname, as the page does.
 * @param localAddress an address of the loopback network, which have limits of their own
 * @returns the line for the `Cookie` header
 */
export async function signIn(
  /** @type {number} */ port,
  /** @type {string} */ name,
  /** @type {string | undefined} */ localAddress = undefined,
) {
  for (;;) {
    const { status, headers, text } = await post(port, JSON.stringify({ name }), localAddress);
    if (status === 200) return String(headers['set-cookie']?.[0]).split(';')[0] ?? '';
    if (status !== 429) throw new Error(`POST /api/session: ${status} ${text}`);
    await sleep(Math.min(JSON.parse(text).retryAfterMs ?? RETRY_MS, 5_000));
  }
}

/** @returns {Promise<{ status: number | undefined, headers: import('node:http').IncomingHttpHeaders, text: string }>} */
function post(
  /** @type {number} */ port,
  /** @type {string} */ body,
  /** @type {string | undefined} */ localAddress,
) {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const where = { host: '127.0.0.1', port, path: '/api/session', ...(localAddress ? { localAddress } : {}) };
  return new Promise((resolve, reject) => {
    const asked = request({ ...where, method: 'POST', headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    asked.on('error', reject).end(body);
  });
}

/** @typedef {{ type: string, room: string, id: string, text?: string, target?: number, targetId?: string }} Said */

export class Client {
  room;
  follower;
  /** How often it connected, sent again, and was told which errors. */
  stats = { connections: 0, again: 0, silences: 0, errors: /** @type {Record<string, number>} */ ({}) };
  /** @type {Map<string, { said: Said, at: number, times: number }>} what is not acknowledged, in the order in which it was said */
  #outbox = new Map();
  /** @type {WebSocket | undefined} */
  #socket;
  #isJoined = false;
  #isEnded = false;
  #options;
  #watch;

  /**
   * @param {object} options
   * @param {string} options.room
   * @param {string} options.cookie
   * @param {import('./follower.js').Follower} options.follower
   * @param {() => number} options.port where a server listens now
   * @param {() => number} options.random
   * @param {(said: Said, kept: { epoch: string, seq: number, at: number }) => void} [options.onAck]
   * @param {(said: Said, code: string) => boolean} [options.onError] whether to say it again
   * @param {(what: string) => void} options.broken
   * @param {string} [options.storage] where the server must keep what is said
   */
  constructor(options) {
    this.#options = options;
    this.room = options.room;
    this.follower = options.follower;
    this.#watch = setInterval(() => this.#watchSilence(), 1_000);
    this.#connect();
  }

  get isJoined() {
    return this.#isJoined;
  }

  /** How many messages wait for their acknowledgement. */
  get waiting() {
    return this.#outbox.size;
  }

  say(/** @type {Said} */ said) {
    const waiting = { said, at: performance.now(), times: 0 };
    this.#outbox.set(said.id, waiting);
    if (this.#isJoined) this.#sendFromOutbox(waiting);
  }

  /** Loses its connection, and comes back. */
  drop() {
    this.#socket?.terminate();
  }

  /** Reads nothing from the socket until {@link resume}. */
  pause() {
    this.#socket?.pause();
  }

  resume() {
    this.#socket?.resume();
  }

  end() {
    this.#isEnded = true;
    clearInterval(this.#watch);
    this.#socket?.terminate();
  }

  #connect() {
    if (this.#isEnded) return;
    const { port, cookie } = this.#options;
    const socket = new WebSocket(`ws://127.0.0.1:${port()}/chat`, 'chat.v1', {
      headers: { Cookie: cookie },
      handshakeTimeout: HANDSHAKE_MS,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    socket.on('error', ({ message }) => {
      if (message.includes('401')) this.#options.broken(`${this.follower.who}: the session is lost`);
    });
    socket.on('message', (data) => this.#receive(JSON.parse(String(data))));
    socket.on('close', () => {
      this.#isJoined = false;
      setTimeout(() => this.#connect(), between(this.#options.random, 20, 200));
    });
  }

  #send(/** @type {object} */ message) {
    this.#socket?.send(JSON.stringify(message), () => {}); // if it is gone, `close` follows
  }

  #receive(/** @type {any} */ message) {
    if (message.room !== undefined && message.room !== this.room) return;
    switch (message.type) {
      case 'welcome':
        this.stats.connections++;
        this.#verifyStorage(message.storage);
        return this.#send({ type: 'join', room: this.room, after: this.follower.cursor });
      case 'joined':
        this.follower.onJoined(message);
        return this.#joined();
      case 'entries':
        return this.follower.onEntries(message);
      case 'gap':
        return this.follower.onGap(message);
      case 'ack':
        return this.#acknowledged(message);
      case 'error':
        return this.#refused(message);
    }
  }

  #verifyStorage(/** @type {string} */ storage) {
    const expected = this.#options.storage ?? storage;
    if (storage !== expected)
      this.#options.broken(`the server keeps rooms in ${storage}, not in ${expected}`);
  }

  #joined() {
    this.#isJoined = true;
    for (const waiting of this.#outbox.values()) this.#sendFromOutbox(waiting);
  }

  #sendFromOutbox(/** @type {{ said: Said, at: number, times: number }} */ waiting) {
    waiting.at = performance.now();
    if (waiting.times++ > 0) this.stats.again++;
    this.#send(waiting.said);
  }

  #acknowledged(/** @type {{ id: string, epoch: string, seq: number, at: number }} */ { id, ...kept }) {
    const waiting = this.#outbox.get(id);
    this.#outbox.delete(id);
    if (waiting !== undefined) this.#options.onAck?.(waiting.said, kept);
  }

  #refused(/** @type {{ code: string, id?: string, retryAfterMs?: number }} */ { code, id, retryAfterMs }) {
    this.stats.errors[code] = (this.stats.errors[code] ?? 0) + 1;
    const waiting = this.#outbox.get(id ?? '');
    const socket = this.#socket;
    if (id === undefined || waiting === undefined) {
      // Without an id it was the `join` that failed.
      if (id === undefined && !this.#isJoined) setTimeout(() => socket?.terminate(), RETRY_MS);
      return;
    }
    if (this.#options.onError?.(waiting.said, code) === false) {
      this.#outbox.delete(id);
      return;
    }
    setTimeout(() => {
      if (socket !== this.#socket || !this.#isJoined || !this.#outbox.has(id)) return;
      this.#sendFromOutbox(waiting);
    }, retryAfterMs ?? RETRY_MS);
  }

  #watchSilence() {
    if (!this.#isJoined) return;
    const oldest = Math.min(...[...this.#outbox.values()].map(({ at }) => at));
    if (performance.now() - oldest < SILENCE_MS) return;
    this.stats.silences++;
    this.drop();
  }
}
