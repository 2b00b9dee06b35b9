/** One connection that speaks chat.v1: what its requests do, and what they are answered. */
import type { WebSocket } from '../index.ts';
import { CLOSE, type Limits } from './limits.ts';
import { type Author, LogUnavailableError, type RoomLog } from './log/room-log.ts';
import { type Changing, draftOf, parseRequest, type Request, RequestError, verifyText } from './protocol.ts';
import { TokenBucket } from './rate-limit.ts';
import type { Cursor, Place, Start } from './rooms/cursor.ts';
import type { Room } from './rooms/room.ts';
import type { Rooms } from './rooms/rooms.ts';

/** Requests that are none, before the connection is closed. */
const MAX_BAD_MESSAGES = 10;
/** Messages beyond the limit in ten seconds, before the connection is closed. */
const MAX_TOO_FAST = 100;
/** Requests of any kind that a connection may send for each message that it may say, before it is closed. */
const REQUESTS_FACTOR = 10;
/** Reads of the log that a connection may ask for in a second, and at once: joins and pages of history. */
const READS_PER_SECOND = 20;
const READS_BURST = 60;
const TYPING_EVERY_MS = 2_000;

/** What a member needs of the chat. */
export interface MemberContext {
  readonly log: RoomLog;
  readonly rooms: Rooms;
  readonly limits: Limits;
}

interface Membership {
  readonly room: Room;
  readonly cursor: Cursor;
  typedAt: number;
}

export class Member {
  readonly #socket: WebSocket<unknown>;
  readonly #user: Author;
  readonly #context: MemberContext;
  readonly #rooms = new Map<string, Promise<Membership>>();
  readonly #requests: TokenBucket;
  readonly #rate: TokenBucket;
  readonly #reads = new TokenBucket(READS_PER_SECOND, READS_BURST);
  readonly #patience = new TokenBucket(MAX_TOO_FAST / 10, MAX_TOO_FAST);
  #badMessages = 0;
  /** Joins and leaves happen one after the other. */
  #moving: Promise<void> = Promise.resolve();
  /** Pages of history that were asked for, and the last of them. */
  #pages = 0;
  #paging: Promise<void> = Promise.resolve();
  /** What is said goes to the log in its order. Behind a change it waits until that is kept: the next may be of the same message. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(socket: WebSocket<unknown>, user: Author, expires: number, context: MemberContext) {
    const { log, limits } = context;
    this.#socket = socket;
    this.#user = user;
    this.#context = context;
    this.#rate = new TokenBucket(limits.perSecond, limits.burst);
    this.#requests = new TokenBucket(REQUESTS_FACTOR * limits.perSecond, REQUESTS_FACTOR * limits.burst);
    const { storage } = log;
    this.#send({ type: 'welcome', you: user, limits, storage, search: log.search !== undefined, expires });
  }

  /** Handles a message. Never rejects. */
  async receive(message: string): Promise<void> {
    if (this.#requests.take() > 0) return this.#socket.close(CLOSE.tooFast, 'too fast for too long');
    let request: Request | undefined;
    try {
      request = parseRequest(message);
      await this.#handle(request);
    } catch (error) {
      this.#refuse(error, request);
    }
  }

  /** The connection has ended. */
  async end(): Promise<void> {
    await this.#moving.catch(() => {});
    for (const name of [...this.#rooms.keys()]) await this.#leave(name).catch(() => {});
  }

  /** What a request costs is paid before anything is waited for. */
  async #handle(request: Request): Promise<void> {
    switch (request.type) {
      case 'join':
        this.#spend(this.#reads);
        return this.#move(() => this.#join(request.room, request.after));
      case 'leave':
        return this.#move(() => this.#leave(request.room));
      case 'typing':
        return this.#type(await this.#in(request.room));
      case 'history':
        this.#spend(this.#reads);
        return this.#history(await this.#in(request.room), request.before, request.limit);
      default:
        verifyText(request, this.#context.limits.textBytes);
        this.#spend(this.#rate);
        return this.#write(await this.#in(request.room), request);
    }
  }

  #move(step: () => Promise<void>): Promise<void> {
    this.#moving = this.#moving.catch(() => {}).then(step);
    return this.#moving;
  }

  async #join(name: string, after: Place | undefined): Promise<void> {
    if (this.#rooms.has(name)) await this.#leave(name);
    if (this.#rooms.size >= this.#context.limits.rooms) {
      throw new RequestError('too-many-rooms', `at most ${this.#context.limits.rooms} rooms at once`);
    }
    const joining = this.#enter(name, after);
    this.#rooms.set(name, joining);
    try {
      await joining;
    } catch (error) {
      if (this.#rooms.get(name) === joining) this.#rooms.delete(name);
      throw error;
    }
  }

  async #enter(name: string, after: Place | undefined): Promise<Membership> {
    const room = await this.#context.rooms.acquire(name);
    let start: Start;
    try {
      start = after === undefined ? room.start : await room.locate(after);
    } catch (error) {
      this.#context.rooms.release(room);
      throw error;
    }
    const cursor = room.enter(this.#socket, 'json');
    room.presence.enter(this.#user);
    const { epoch, floor, head } = room;
    this.#send({ type: 'joined', room: name, epoch, floor, head, from: start.seq + 1 });
    void cursor.start(start);
    return { room, cursor, typedAt: 0 };
  }

  async #leave(name: string): Promise<void> {
    const membership = this.#rooms.get(name);
    this.#rooms.delete(name);
    if (membership === undefined) return;
    const { room, cursor } = await membership;
    room.leave(cursor);
    room.presence.leave(this.#user);
    this.#context.rooms.release(room);
  }

  #type(membership: Membership): void {
    const now = Date.now();
    if (now - membership.typedAt < TYPING_EVERY_MS) return;
    membership.typedAt = now;
    membership.room.presence.type(this.#user);
  }

  /** One page after the other, each when the socket takes it: what waits is a request. */
  async #history({ room }: Membership, before: number, wanted: number): Promise<void> {
    const limit = Math.min(wanted, this.#context.limits.historyPage);
    if (this.#pages >= READS_BURST) this.#refuseTooFast(1_000);
    this.#pages++;
    const turn = this.#paging.then(async () => {
      await this.#socket.drained();
      const first = Math.max(1, before - limit);
      const { epoch, floor, entries } = await this.#context.log.read(room.name, first, before - 1, 'last');
      this.#send({ type: 'history', room: room.name, epoch, floor, before, entries });
    });
    this.#paging = turn.catch(() => {});
    await turn.finally(() => this.#pages--);
  }

  async #write(membership: Membership, request: Changing): Promise<void> {
    const { room } = membership;
    const retryAfterMs = room.crowd.speak(this.#user.id);
    if (retryAfterMs > 0) this.#refuseTooFast(retryAfterMs);
    const { log } = this.#context;
    const draft = draftOf(request, this.#user);
    const turn = this.#writing.then(async () => {
      if (!('target' in request)) return { appended: log.append(room.name, draft) };
      await this.#verifyOwn(request);
      return { appended: Promise.resolve(await log.append(room.name, draft)) };
    });
    this.#writing = turn.catch(() => {});
    const { epoch, seq, at } = await (await turn).appended;
    room.presence.type(this.#user, false);
    membership.typedAt = 0; // what is typed now is something else
    this.#send({ type: 'ack', room: room.name, id: draft.id, epoch, seq, at });
  }

  /** What is deleted may be changed again: the request may be one that was kept and not answered. The log keeps no text of it. */
  async #verifyOwn({ room, target, targetId }: Extract<Request, { target: number }>): Promise<void> {
    const [entry] = (await this.#context.log.read(room, target, target)).entries;
    const isOwn = entry?.kind === 'text' && entry.author.id === this.#user.id;
    // In another log, or one that was restored from an older state, the number is another message.
    if (!isOwn || entry.id !== targetId) {
      throw new RequestError('not-yours', `${target} is no message of yours`);
    }
  }

  async #in(name: string): Promise<Membership> {
    await this.#moving.catch(() => {});
    const membership = await this.#rooms.get(name);
    if (membership === undefined) throw new RequestError('not-joined', `join ${name} first`);
    return membership;
  }

  #spend(bucket: TokenBucket): void {
    const retryAfterMs = bucket.take();
    if (retryAfterMs > 0) this.#refuseTooFast(retryAfterMs);
  }

  #refuseTooFast(retryAfterMs: number): never {
    if (this.#patience.take() > 0) this.#socket.close(CLOSE.tooFast, 'too fast for too long');
    throw new RequestError('too-fast', 'wait before you send more', { retryAfterMs });
  }

  #refuse(error: unknown, request: Request | undefined): void {
    const { room, id } = (request ?? {}) as { room?: string; id?: string };
    if (error instanceof RequestError) {
      const { code, message, details } = error;
      this.#send({ type: 'error', code, message, room, id, ...details });
      if (code !== 'bad-message' || ++this.#badMessages < MAX_BAD_MESSAGES) return;
      this.#socket.close(CLOSE.badMessages, 'too many messages that are none');
    } else if (error instanceof LogUnavailableError) {
      const message = 'this cannot be kept now: send it again, with the same id';
      this.#send({ type: 'error', code: 'unavailable', message, room, id });
    } else {
      throw error;
    }
  }

  #send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }
}
