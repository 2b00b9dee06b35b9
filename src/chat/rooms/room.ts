/** A room in this process: its members, what they are published, and what is at hand for those who come back. */
import type { WebSocket } from '../../index.ts';
import type { Limits } from '../limits.ts';
import { type Entry, MAX_SLICE, type RoomLog, type Slice } from '../log/room-log.ts';
import { Cursor } from './cursor.ts';
import { FIRST_ENTRIES, type Gap } from './following.ts';
import { type Format, jsonFormat, plainFormat } from './format.ts';
import { Presence } from './presence.ts';
import { patience, Sequencer } from './sequencer.ts';

/** Sends a message to all subscribers of a topic: `publish` of a WebSocketServer. */
export type Publish = (topic: string, message: string) => unknown;

/** Entries that a room has at hand. */
const RECENT_ENTRIES = MAX_SLICE;
/** Members that do not keep up are looked for at most so often, and after so many characters. */
const LAG_CHECK_MS = 50;
const LAG_CHECK_CHARACTERS = 32 * 1024;

export class Room {
  readonly name: string;
  readonly presence: Presence;
  readonly #log: RoomLog;
  readonly #limits: Limits;
  readonly #publish: Publish;
  readonly #json: Format;
  readonly #plain: Format;
  readonly #sequencer: Sequencer;
  readonly #cursors = new Set<Cursor>();
  #epoch = '';
  #head = 0;
  /** The last entries that were published, up to the head. */
  #recent: Entry[] = [];
  /** Entries that follow on the head, and wait for the end of the turn, or of the tick. */
  #waiting: Entry[] = [];
  #isFlushPlanned = false;
  #isCrowd = false;
  #lagCheckedAt = 0;
  #charactersSince = 0;
  #unwatch: () => void = () => {};

  private constructor(name: string, log: RoomLog, limits: Limits, publish: Publish) {
    this.name = name;
    this.#log = log;
    this.#limits = limits;
    this.#publish = publish;
    this.#json = jsonFormat(name);
    this.#plain = plainFormat(name);
    const tell = (text: string) => log.tell(name, text);
    this.presence = new Presence((message) => this.#tell(message), tell);
    this.#sequencer = new Sequencer(name, log, {
      entries: (epoch, entries) => this.#add(epoch, entries),
      gap: (epoch, gap) => this.#gap(epoch, gap),
      available: (available) => this.#tell({ type: 'storage', available }),
    });
  }

  /** @throws {LogUnavailableError} */
  static async open(name: string, log: RoomLog, limits: Limits, publish: Publish): Promise<Room> {
    const room = new Room(name, log, limits, publish);
    try {
      room.#unwatch = await log.watch(name, {
        hint: (epoch, entry) => room.#sequencer.hint(epoch, entry),
        told: (text) => room.presence.told(text),
        doubt: () => room.#sequencer.doubt(),
      });
      await room.#start();
    } catch (error) {
      room.close();
      throw error;
    }
    return room;
  }

  /** The epoch of what was published. */
  get epoch(): string {
    return this.#epoch;
  }

  /** The last entry that was published. */
  get head(): number {
    return this.#head;
  }

  get floor(): number {
    return this.#sequencer.floor;
  }

  /** Where somebody begins who is new: after this come the last entries, and what is said then. */
  get start(): number {
    return Math.max(this.#head - FIRST_ENTRIES, (this.#recent[0]?.seq ?? this.#head + 1) - 1);
  }

  /** How its members may speak while they are very many; undefined in a room like any other. */
  get crowd(): { readonly tickMs: number; readonly perSecond: number } | undefined {
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
    if (seq + 1 < kept || seq > this.#head) return this.#readAfter(seq);
    const entries = this.#recent.slice(seq + 1 - kept);
    return { epoch: this.#epoch, floor: kept, head: this.#head, entries };
  }

  /** Reads the log, if it may hold an entry that was not published here: a client has seen it in another process. */
  async reach(seq: number): Promise<void> {
    if (seq <= this.#head) return;
    await this.#sequencer.look();
    this.#flush();
  }

  close(): void {
    this.#unwatch();
    this.#sequencer.close();
    this.presence.close();
  }

  async #start(): Promise<void> {
    const { head } = await this.#log.read(this.name, 1, 0);
    const slice = await this.#log.read(this.name, Math.max(1, head - RECENT_ENTRIES + 1), head);
    const last = slice.entries.at(-1)?.seq ?? head;
    this.#sequencer.start({ ...slice, head: last });
    this.#restart(slice.epoch, last, slice.entries);
    if (last < slice.head) await this.#sequencer.look();
  }

  async #readAfter(seq: number): Promise<Slice> {
    for (let attempt = 0; ; attempt++) {
      try {
        const slice = await this.#log.read(this.name, seq + 1, this.#head);
        if (slice.epoch === this.#epoch) return slice;
        void this.#sequencer.look();
      } catch {
        void this.#sequencer.look(); // and it tells the members
      }
      await patience(attempt);
    }
  }

  #add(epoch: string, entries: readonly Entry[]): void {
    if (epoch !== this.#epoch) this.#epoch = epoch; // of the first entry of all
    this.#waiting.push(...entries);
    if (this.#isFlushPlanned) return;
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

  #gap(epoch: string, { reason, next }: Gap): void {
    this.#flush();
    this.#checkLags();
    this.#restart(epoch, next - 1, []);
    const text = this.#json.gap(epoch, reason, next);
    if (text !== undefined) this.#publish(this.#json.topic, text);
  }

  #restart(epoch: string, head: number, entries: readonly Entry[]): void {
    this.#epoch = epoch;
    this.#head = head;
    this.#recent = [...entries];
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

  /** With some distance between the two, so that a room does not change at each who comes and goes. */
  #countCrowd(): void {
    const isCrowd = this.#cursors.size >= this.#limits.crowd * (this.#isCrowd ? 0.8 : 1);
    if (isCrowd === this.#isCrowd) return;
    this.#isCrowd = isCrowd;
    const { crowdTickMs: tickMs, crowdPerSecond, perSecond } = this.#limits;
    const rate = { tickMs: isCrowd ? tickMs : 0, perSecond: isCrowd ? crowdPerSecond : perSecond };
    this.#tell({ type: 'crowd', on: isCrowd, ...rate });
  }

  #tell(message: object): void {
    this.#publish(this.#json.topic, JSON.stringify({ ...message, room: this.name }));
  }
}
