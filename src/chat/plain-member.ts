/** One connection without a subprotocol: texts as they are, as many articles teach it. All of these are in the lobby. */
import { randomUUID } from 'node:crypto';
import type { WebSocket } from '../index.ts';
import { CLOSE } from './limits.ts';
import { type Author, MAX_SLICE } from './log/room-log.ts';
import type { MemberContext } from './member.ts';
import { TokenBucket } from './rate-limit.ts';
import type { Cursor } from './rooms/cursor.ts';
import type { Room } from './rooms/room.ts';

/** The room of all who name none. */
const LOBBY = 'lobby';
/** There is no error that a client could understand: it may send more than others, and is closed then. */
const PER_SECOND = 100;
const BURST = 1_000;
const CROWD_BURST = 30;
/** Bytes of texts that the log has not kept yet. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export class PlainMember {
  readonly #socket: WebSocket<unknown>;
  readonly #user: Author;
  readonly #context: MemberContext;
  readonly #rate = new TokenBucket(PER_SECOND, BURST);
  readonly #crowdRate: TokenBucket;
  readonly #entered: Promise<void>;
  #waitingBytes = 0;
  #room: Room | undefined;
  #cursor: Cursor | undefined;

  /** @param history how many of the last texts are sent first */
  constructor(socket: WebSocket<unknown>, user: Author, history: number, context: MemberContext) {
    this.#socket = socket;
    this.#user = user;
    this.#context = context;
    this.#crowdRate = new TokenBucket(context.limits.crowdPerSecond, CROWD_BURST);
    this.#entered = this.#enter(history);
  }

  /** When it is in the lobby, and has its history. */
  get entered(): Promise<void> {
    return this.#entered;
  }

  /** Handles a message. Never rejects. */
  async receive(text: string): Promise<void> {
    const rate = this.#room?.crowd.isOn ? this.#crowdRate : this.#rate;
    if (rate.take() > 0) return this.#socket.close(CLOSE.tooFast, 'too fast for too long');
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#context.limits.textBytes) return this.#socket.close(CLOSE.tooLarge, 'text too long');
    if (this.#waitingBytes + bytes > MAX_WAITING_BYTES) return this.#giveUp();
    this.#waitingBytes += bytes;
    try {
      await this.#context.log.append(LOBBY, { id: randomUUID(), author: this.#user, kind: 'text', text });
    } catch {
      this.#giveUp();
    }
    this.#waitingBytes -= bytes;
  }

  async end(): Promise<void> {
    await this.#entered;
    if (this.#room === undefined) return;
    if (this.#cursor !== undefined) this.#room.leave(this.#cursor);
    this.#context.rooms.release(this.#room);
  }

  async #enter(history: number): Promise<void> {
    try {
      this.#room = await this.#context.rooms.acquire(LOBBY);
      const { epoch, head, life } = this.#room;
      const last = history === 0 ? head : await this.#before(head, history);
      this.#cursor = this.#room.enter(this.#socket, 'plain');
      await this.#cursor.start({ epoch, seq: last, life });
    } catch {
      this.#giveUp();
    }
  }

  /** The entry after which so many texts follow, of those that one read gives. */
  async #before(head: number, history: number): Promise<number> {
    const { entries } = await this.#context.log.read(LOBBY, Math.max(1, head - MAX_SLICE + 1), head, 'last');
    const texts = entries.filter(({ kind, text }) => kind === 'text' && text !== '');
    return (texts.at(-Math.min(history, texts.length))?.seq ?? head + 1) - 1;
  }

  #giveUp(): void {
    this.#socket.close(CLOSE.tryAgainLater, 'the log of this chat cannot be reached');
  }
}
