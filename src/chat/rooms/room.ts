/**
 * A room in this process: one sequencer of what its log holds. It publishes the next entry when it is hinted at, drops what it
 * has published before, and reads the log where a hint is missing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from '../../index.ts';
import type { Limits } from '../limits.ts';
import { type Entry, MAX_SLICE, type RoomLog, type Slice } from '../log/room-log.ts';
import { Cursor, FIRST_ENTRIES, following } from './cursor.ts';
import { type Format, jsonFormat, plainFormat } from './format.ts';
import { Presence } from './presence.ts';

/** Sends a message to all subscribers of a topic: `publish` of a WebSocketServer. */
export type Publish = (topic: string, message: string) => unknown;

/** Entries that a room has at hand for those who come back. */
const RECENT_ENTRIES = MAX_SLICE;
/** How often a room looks whether a hint got lost. */
const IDLE_TICK_MS = 5_000;
/** Members that do not keep up are looked for at most so often, and after so many characters. */
const LAG_CHECK_MS = 50;
const LAG_CHECK_CHARACTERS = 32 * 1024;
const RETRY_MS = [100, 500, 2_000];

export class Room {
  readonly name: string;
  readonly presence: Presence;
  readonly #log: RoomLog;
  readonly #limits: Limits;
  readonly #publish: Publish;
  readonly #json: Format;
  readonly #plain: Format;
  readonly #cursors = new Set<Cursor>();
  #epoch = '';
  #floor = 1;
  #head = 0;
  /** The last entries that were published, up to the head. */
  #recent: Entry[] = [];
  /** Entries that follow on the head, and wait for the end of the turn, or of the tick. */
  #waiting: Entry[] = [];
  #isFlushPlanned = false;
  #reading: Promise<void> | undefined;
  /** Whether there is a reason to read the log once more. */
  #isInDoubt = false;
  /** Ends the wait for the next attempt to read the log. */
  #wake: () => void = () => {};
  #isCrowd = false;
  #isAvailable = true;
  #lagCheckedAt = 0;
  #charactersSince = 0;
  #unwatch: (() => void) | undefined;
  readonly #idleTick: NodeJS.Timeout;

  private constructor(name: string, log: RoomLog, limits: Limits, publish: Publish) {
    this.name = name;
    this.#log = log;
    this.#limits = limits;
    this.#publish = publish;
    this.#json = jsonFormat(name);
    this.#plain = plainFormat(name);
    this.presence = new Presence(
      (message) => this.#publish(this.#json.topic, JSON.stringify({ ...message, room: name })),
      (text) => log.tell(name, text),
    );
    this.#idleTick = setInterval(() => void this.#doubt(), IDLE_TICK_MS).unref();
  }

  /** @throws {LogUnavailableError} */
  static async open(name: string, log: RoomLog, limits: Limits, publish: Publish): Promise<Room> {
    const room = new Room(name, log, limits, publish);
    try {
      room.#unwatch = await log.watch(name, {
        hint: (epoch, entry) => room.#hint(epoch, entry),
        told: (text) => room.presence.told(text),
        doubt: () => void room.#doubt(),
      });
      const { head } = await log.read(name, 1, 0);
      room.#restart(await log.read(name, Math.max(1, head - RECENT_ENTRIES + 1), head));
    } catch (error) {
      room.close();
      throw error;
    }
    return room;
  }

  get epoch(): string {
    return this.#epoch;
  }

  get head(): number {
    return this.#head;
  }

  /** The first entry that is still kept, as far as this process knows. */
  get floor(): number {
    return this.#floor;
  }

  /** Where somebody begins who is new: the last entries, and what comes then. */
  get start(): number {
    return Math.max(this.#head - FIRST_ENTRIES, (this.#recent[0]?.seq ?? this.#head + 1) - 1);
  }

  get size(): number {
    return this.#cursors.size;
  }

  /** How its members may speak while they are very many; undefined in a room like any other. */
  get crowd(): { tickMs: number; perSecond: number } | undefined {
    const { crowdTickMs: tickMs, crowdPerSecond: perSecond } = this.#limits;
    return this.#isCrowd ? { tickMs, perSecond } : undefined;
  }

  /** Adds a socket. Its cursor must be started, and leaves by {@link leave}. */
  enter(socket: WebSocket<unknown>, format: 'json' | 'plain'): Cursor {
    const cursor = new Cursor(socket, format === 'json' ? this.#json : this.#plain, this);
    this.#cursors.add(cursor);
    this.#countCrowd();
    return cursor;
  }

  leave(cursor: Cursor): void {
    cursor.leave();
    this.#cursors.delete(cursor);
    this.#countCrowd();
  }

  /** What was published after an entry; from the log, if that was long ago. Waits while the log cannot be read. */
  after(seq: number): Slice | Promise<Slice> {
    const kept = this.#recent[0]?.seq ?? this.#head + 1;
    if (seq + 1 < kept || seq > this.#head) return this.#readUntilPublished(seq);
    return {
      epoch: this.#epoch,
      floor: kept,
      head: this.#head,
      entries: this.#recent.slice(seq + 1 - kept),
    };
  }

  /** Reads the log, if it may hold an entry that was not published here: a client has seen it in another process. */
  async reach(seq: number): Promise<void> {
    if (seq <= this.#head) return;
    await this.#doubt();
    this.#flush();
  }

  close(): void {
    clearInterval(this.#idleTick);
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.presence.close();
  }

  async #readUntilPublished(seq: number): Promise<Slice> {
    for (let attempt = 0; ; attempt++) {
      try {
        const slice = await this.#log.read(this.name, seq + 1, this.#head);
        if (slice.epoch === this.#epoch) {
          return { ...slice, entries: slice.entries.filter((entry) => entry.seq <= this.#head) };
        }
        void this.#doubt();
      } catch {
        void this.#doubt(); // and it tells the members
      }
      await sleep(RETRY_MS[attempt] ?? RETRY_MS.at(-1), undefined, { ref: false });
    }
  }

  #hint(epoch: string, entry: Entry): void {
    const expected = this.#head + this.#waiting.length + 1;
    const isFirst = this.#epoch === '' && entry.seq === 1;
    if ((epoch === this.#epoch || isFirst) && entry.seq === expected) {
      this.#epoch = epoch;
      this.#add([entry]);
    } else if (epoch !== this.#epoch || entry.seq > expected) {
      void this.#doubt();
    }
  }

  /** Takes entries that follow on those before. */
  #add(entries: readonly Entry[]): void {
    this.#waiting.push(...entries);
    if (this.#isFlushPlanned || this.#waiting.length === 0) return;
    this.#isFlushPlanned = true;
    const flush = () => {
      this.#isFlushPlanned = false;
      this.#flush();
    };
    if (this.#isCrowd) setTimeout(flush, this.#limits.crowdTickMs);
    else queueMicrotask(flush); // the log hints at all that one transaction has written in one go
  }

  #flush(): void {
    const entries = this.#waiting.splice(0);
    if (entries.length === 0) return;
    this.#checkLags();
    this.#head = entries.at(-1)!.seq;
    this.#recent.push(...entries);
    for (const entry of entries) if (entry.kind === 'delete') this.#erase(entry);
    this.#recent.splice(0, this.#recent.length - RECENT_ENTRIES);
    for (const format of [this.#json, this.#plain]) {
      for (const message of format.entries(this.#epoch, entries)) {
        this.#charactersSince += message.length;
        this.#publish(format.topic, message);
      }
    }
  }

  /** Empties the text of a message that was deleted, as the log has done. */
  #erase({ target, author }: Entry): void {
    this.#recent = this.#recent.map((entry) => {
      const isMeant = entry.kind === 'text' ? entry.seq === target : entry.target === target;
      return isMeant && entry.author.id === author.id ? { ...entry, text: '' } : entry;
    });
  }

  #checkLags(): void {
    const now = performance.now();
    if (now - this.#lagCheckedAt < LAG_CHECK_MS && this.#charactersSince < LAG_CHECK_CHARACTERS) return;
    this.#lagCheckedAt = now;
    this.#charactersSince = 0;
    for (const cursor of this.#cursors) cursor.checkLag();
  }

  #doubt(): Promise<void> {
    this.#isInDoubt = true;
    this.#wake();
    this.#reading ??= this.#catchUp().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Reads the log until it holds nothing that was not published. Tries again for as long as it cannot be read. */
  async #catchUp(): Promise<void> {
    for (let attempt = 0; this.#isInDoubt && this.#unwatch !== undefined; ) {
      this.#isInDoubt = false;
      try {
        const last = this.#last;
        const epoch = this.#epoch;
        const slice = await this.#log.read(this.name, Math.max(1, last?.seq ?? this.#head), Infinity);
        this.#tellAvailable(true);
        if (epoch === this.#epoch) this.#take(slice, last);
        else this.#isInDoubt = true; // a hint has told of another log meanwhile
        attempt = 0;
      } catch {
        this.#tellAvailable(false);
        this.#isInDoubt = true;
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([woken, sleep(RETRY_MS[attempt++] ?? RETRY_MS.at(-1), undefined, { ref: false })]);
      }
    }
  }

  /** The last entry that was published, or waits for it. */
  get #last(): Entry | undefined {
    return this.#waiting.at(-1) ?? this.#recent.at(-1);
  }

  /** @param asked the last entry when the log was asked. Hints may have come since then */
  #take(slice: Slice, asked: Entry | undefined): void {
    // A store that has lost its last writes goes on with the same numbers, and gives them to other messages.
    const again = slice.entries.find(({ seq }) => seq === asked?.seq);
    const isRolledBack = asked !== undefined && (slice.head < asked.seq || (again ?? asked).id !== asked.id);
    const last = isRolledBack ? Infinity : this.#head + this.#waiting.length;
    const { gap, entries } = following(
      { ...slice, head: Math.max(slice.head, isRolledBack ? 0 : last) },
      this.#epoch,
      last,
    );
    if (gap !== undefined) {
      this.#flush();
      this.#restart({ ...slice, entries: [], head: gap.next - 1 });
      const text = this.#json.gap(slice.epoch, gap.reason, gap.next);
      if (text !== undefined) this.#publish(this.#json.topic, text);
    }
    this.#epoch = slice.epoch;
    this.#floor = slice.floor;
    this.#isInDoubt ||= gap !== undefined || (entries.at(-1)?.seq ?? last) < slice.head;
    this.#add(entries);
  }

  #restart({ epoch, floor, head, entries }: Slice): void {
    this.#epoch = epoch;
    this.#floor = floor;
    this.#head = head;
    this.#waiting = [];
    this.#recent = [...entries];
  }

  /** With some distance between the two, so that a room does not change at each who comes and goes. */
  #countCrowd(): void {
    const isCrowd = this.size >= this.#limits.crowd * (this.#isCrowd ? 0.8 : 1);
    if (isCrowd === this.#isCrowd) return;
    this.#isCrowd = isCrowd;
    const { crowdTickMs: tickMs, crowdPerSecond, perSecond } = this.#limits;
    const rate = { tickMs: isCrowd ? tickMs : 0, perSecond: isCrowd ? crowdPerSecond : perSecond };
    this.#tell({ type: 'crowd', on: isCrowd, ...rate });
  }

  #tellAvailable(available: boolean): void {
    if (available === this.#isAvailable) return;
    this.#isAvailable = available;
    this.#tell({ type: 'storage', available });
  }

  #tell(message: object): void {
    this.#publish(this.#json.topic, JSON.stringify({ room: this.name, ...message }));
  }
}
