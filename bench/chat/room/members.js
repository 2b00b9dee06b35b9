/**
 * Members that cost the load little: bare sockets. What all are sent is the same bytes, so it is parsed for the first of them and
 * compared for the others. Each must get each entry once, in order.
 */
import { connect } from 'node:net';
import { verifyAcceptance } from '../../load/connection.js';
import { clientFrame, frameReader, TEXT } from '../../load/frames.js';
import { signIn } from '../client.js';
import { DIALECTS } from './dialects.js';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='; // from §1.3
const AT_ONCE = 50;
/** An address of the loopback network for so many members: limits are by address. */
const OF_ONE_ADDRESS = 60;
const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;
/** Messages at hand to compare with. Who is further behind has its messages parsed. */
const KEPT_MESSAGES = 500;
const SEQ = Buffer.from('"seq":');
const SEQ_WITHIN = 300;

const input = Buffer.allocUnsafe(1024 * 1024);
const addressOf = (/** @type {number} */ number) =>
  process.platform === 'linux' ? `127.1.${Math.floor(number / OF_ONE_ADDRESS)}.1` : undefined;

/** @typedef {{ socket: import('node:net').Socket, next: number, got: number, isIn: boolean }} Member */
/** @typedef {{ bytes: Buffer, notes: number[] }} Known a message, and a number for each of its entries */

export class Members {
  /** @type {Member[]} */
  all = [];
  acks = 0;
  gaps = 0;
  closed = 0;
  /** Where the server keeps what is said; empty if it does not tell. */
  storage = '';
  /** @type {Record<string, number>} */
  errors = {};
  /** @type {string[]} what must not be */
  wrong = [];
  #dialect;
  #ports;
  #noteOf;
  #onEntry;
  /** @type {Map<number, Known>} messages by the number of their first entry */
  #known = new Map();
  /** @type {string[]} texts by the number of their entry */
  #texts = [];

  /**
   * @param {keyof typeof DIALECTS} dialect
   * @param {number[]} ports
   * @param {(text: string) => number} noteOf what is to be known of a text
   * @param {(note: number, now: number) => void} onEntry called for each entry that a member gets
   */
  constructor(dialect, ports, noteOf, onEntry) {
    this.#dialect = DIALECTS[dialect];
    this.#ports = ports;
    this.#noteOf = noteOf;
    this.#onEntry = onEntry;
  }

  /** Opens connections, a few at a time, until there are so many. */
  async openUntil(/** @type {number} */ count) {
    while (this.all.length < count) {
      const first = this.all.length;
      const next = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i) => this.#enter(first + i));
      this.all.push(...(await Promise.all(next)));
    }
  }

  say(/** @type {number} */ number, /** @type {string} */ text) {
    this.#send(/** @type {Member} */ (this.all[number % this.all.length]), this.#dialect.say(text));
  }

  #send(/** @type {Member} */ member, /** @type {string} */ text) {
    member.socket.write(clientFrame(TEXT, Buffer.from(text)));
  }

  async #enter(/** @type {number} */ number) {
    const { path, headers, needsSession } = this.#dialect;
    const port = /** @type {number} */ (this.#ports[number % this.#ports.length]);
    const localAddress = addressOf(number);
    const cookie = needsSession ? `Cookie: ${await signIn(port, `member ${number}`, localAddress)}\r\n` : '';
    const asks = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`;
    const upgrade = `${asks}Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${headers}${cookie}\r\n`;
    return await new Promise((/** @type {(member: Member) => void} */ resolve, reject) => {
      /** @type {(chunk: Buffer) => unknown} */
      let read = (chunk) => {
        const end = chunk.indexOf('\r\n\r\n') + 4;
        verifyAcceptance(chunk.toString('latin1', 0, end));
        read = frameReader((firstByte, payload) => {
          this.#onFrame(member, firstByte, payload);
          if (member.isIn) resolve(member);
        });
        return read(chunk.subarray(end));
      };
      const callback = (/** @type {number} */ length) => {
        read(input.subarray(0, length));
        return true;
      };
      const from = localAddress === undefined ? {} : { localAddress };
      const socket = connect({
        host: '127.0.0.1',
        port,
        ...from,
        noDelay: true,
        onread: { buffer: input, callback },
      });
      const member = { socket, next: 1, got: 0, isIn: false };
      socket.on('error', reject).on('close', () => this.closed++);
      socket.write(upgrade);
    });
  }

  #onFrame(/** @type {Member} */ member, /** @type {number} */ firstByte, /** @type {Buffer} */ payload) {
    if (firstByte === PING) return void member.socket.write(clientFrame(PONG, payload));
    if (firstByte === CLOSE)
      return void this.#count(`close ${payload.length > 1 ? payload.readUInt16BE() : ''}`);
    const { entriesBegin, ackBegin, read } = this.#dialect;
    if (begins(payload, entriesBegin)) return this.#onEntries(member, payload);
    if (begins(payload, ackBegin)) {
      this.acks++;
      return;
    }
    const event = read(payload.toString());
    if (event === 'ack') this.acks++;
    else if (event === 'other') return;
    else if ('answer' in event) this.#onQuestion(member, event);
    else if ('error' in event) this.#count(event.error);
    else if ('entries' in event) this.#onEntries(member, payload);
    else this.#onNext(member, event);
  }

  #onQuestion(
    /** @type {Member} */ member,
    /** @type {{ answer: string, storage?: string }} */ { answer, storage },
  ) {
    if (storage !== undefined) this.storage = storage;
    this.#send(member, answer);
  }

  #onNext(/** @type {Member} */ member, /** @type {{ next: number, isGap?: boolean }} */ { next, isGap }) {
    if (isGap) this.gaps++;
    member.isIn = true;
    member.next = next;
  }

  #count(/** @type {string} */ error) {
    this.errors[error] = (this.errors[error] ?? 0) + 1;
  }

  #onEntries(/** @type {Member} */ member, /** @type {Buffer} */ payload) {
    const at = payload.subarray(0, SEQ_WITHIN).indexOf(SEQ) + SEQ.length;
    const first = Number.parseInt(payload.toString('latin1', at, at + 16), 10);
    let known = this.#known.get(first);
    if (known === undefined || !known.bytes.equals(payload)) known = this.#parse(first, payload);
    if (first !== member.next) this.#wrong(`${first} came, ${member.next} was next`);
    const now = performance.now();
    const { notes } = known;
    member.next = first + notes.length;
    member.got += notes.length;
    for (const note of notes) this.#onEntry(note, now);
  }

  #parse(/** @type {number} */ first, /** @type {Buffer} */ payload) {
    const event = this.#dialect.read(payload.toString());
    const entries = typeof event === 'object' && 'entries' in event ? event.entries : [];
    entries.forEach(({ seq, text }, i) => {
      if (seq !== first + i) this.#wrong(`${seq} in a message that begins with ${first}, as number ${i}`);
      this.#texts[seq] ??= text;
      if (this.#texts[seq] !== text) this.#wrong(`${seq} is not the same for all`);
    });
    const known = { bytes: Buffer.from(payload), notes: entries.map(({ text }) => this.#noteOf(text)) };
    this.#known.set(first, known);
    if (this.#known.size > KEPT_MESSAGES) this.#known.delete(this.#known.keys().next().value ?? 0);
    return known;
  }

  #wrong(/** @type {string} */ what) {
    if (this.wrong.length < 10) this.wrong.push(what);
  }
}

function begins(/** @type {Buffer} */ payload, /** @type {Buffer} */ what) {
  return payload.length >= what.length && payload.compare(what, 0, what.length, 0, what.length) === 0;
}
