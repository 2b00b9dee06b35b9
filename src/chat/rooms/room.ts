/** A room in this process: its members, what they are published, and what is at hand for those who come back. */
import type { PreparedMessage, WebSocket } from '../../index.ts';
import type { Limits } from '../limits.ts';
import type { Entry, RoomLog, Slice } from '../log/room-log.ts';
import { Crowd } from './crowd.ts';
import { ANOTHER_EPOCH, Cursor, type Place, type Start } from './cursor.ts';
import { FIRST_ENTRIES, type Gap } from './following.ts';
import { batches, type Format, jsonFormat, jsonMessage, plainFormat } from './format.ts';
import { Presence } from './presence.ts';
import { Recent } from './recent.ts';
import { patience, Sequencer } from './sequencer.ts';

/** Sends a message to all subscribers of a topic: `publish` of a WebSocketServer. */
export type Publish = (topic: string, message: PreparedMessage) => unknown;

/** Entries that are read at once for a member that is further behind. */
const READ_ENTRIES = FIRST_ENTRIES;
/** Members that do not keep up are looked for at most so often, and after so many bytes. */
const LAG_CHECK_MS = 50;
const LAG_CHECK_BYTES = 32 * 1024;

export class Room {
  readonly name: string;
  readonly presence: Presence;
  readonly crowd: Crowd;
  readonly #log: RoomLog;
  readonly #limits: Limits;
  readonly #publish: Publish;
  readonly #json: Format;
  readonly #plain: Format;
  /** Those that somebody here speaks, or has spoken. */
  readonly #formats = new Set<Format>();
  readonly #sequencer: Sequencer;
  readonly #cursors = new Set<Cursor>();
  #epoch = '';
  #life = 0;
  #head = 0;
  /** The last entries that were published, up to the head. */
  readonly #recent = new Recent();
  /** Entries that follow on the head, and wait for the end of the turn, or of the tick. */
  #waiting: Entry[] = [];
  #isClosed = false;
  #flushTimer: NodeJS.Timeout | undefined;
  #isFlushPlanned = false;
  #lagCheckedAt = 0;
  #bytesSince = 0;
  #unwatch: () => void = () => {};

  private constructor(name: string, log: RoomLog, limits: Limits, publish: Publish) {
    this.name = name;
    this.#log = log;
    this.#limits = limits;
    this.#publish = publish;
    this.#json = jsonFormat(name);
    this.#plain = plainFormat(name);
    this.crowd = new Crowd(limits);
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

  get life(): number {
    return this.#life;
  }

  /** The last entry that was published. */
  get head(): number {
    return this.#head;
  }

  get floor(): number {
    return this.#sequencer.floor;
  }

  /** Where somebody begins who is new: after this come the last entries, and what is said then. */
  get start(): Start {
    return {
      epoch: this.#epoch,
      seq: Math.max(this.#head - FIRST_ENTRIES, this.floor - 1),
      life: this.#life,
    };
  }

  /** Adds a socket. Its cursor must be started, and leaves by {@link leave}. */
  enter(socket: WebSocket<unknown>, format: 'json' | 'plain'): Cursor {
    const spoken = format === 'json' ? this.#json : this.#plain;
    const cursor = new Cursor(socket, spoken, this);
    this.#formats.add(spoken);
    this.#cursors.add(cursor);
    this.#countCrowd();
    return cursor;
  }

  signals(isBack: boolean): readonly PreparedMessage[] {
    const { isAvailable } = this.#sequencer;
    return [
      ...this.presence.messages(isBack),
      ...(isBack || this.crowd.isOn ? [this.crowd.message] : []),
      ...(isBack || !isAvailable ? [{ type: 'storage', available: isAvailable }] : []),
    ].map((message) => jsonMessage(this.name, message));
  }

  leave(cursor: Cursor): void {
    cursor.leave();
    this.#cursors.delete(cursor);
    this.#countCrowd();
  }

  /** What was published after an entry; from the log, if that was long ago. Waits while the log cannot be read. */
  after(seq: number): Slice | Promise<Slice> {
    const kept = this.#recent.first ?? this.#head + 1;
    if (seq + 1 < kept || seq > this.#head) return this.#readAfter(seq);
    return { epoch: this.#epoch, floor: kept, head: this.#head, entries: this.#recent.after(seq) };
  }

  /**
   * Where somebody goes on who comes back. Reads the log for an entry that was not published here, because it was seen in another
   * process. A store that was restored from an older state gives the same numbers to other entries: who has seen one that is not
   * there any more comes from another log.
   * @throws {LogUnavailableError}
   */
  async locate({ epoch, seq, id }: Place): Promise<Start> {
    if (seq > this.#head && (await this.#log.read(this.name, 1, 0)).head > this.#head) {
      await this.#sequencer.lookOnce();
      this.#flush();
    }
    const life = this.#life; // what the log has now, it may have lost when it is read
    if (epoch !== this.#epoch || id === undefined) return { epoch, seq, life };
    const entry = this.#recent.at(seq) ?? (await this.#log.read(this.name, seq, seq)).entries[0];
    return { epoch: (entry?.id ?? id) === id ? epoch : ANOTHER_EPOCH, seq, life };
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#flushTimer);
    this.#unwatch();
    this.#sequencer.close();
    this.presence.close();
  }

  async #start(): Promise<void> {
    const { head } = await this.#log.read(this.name, 1, 0);
    const slice = await this.#log.read(this.name, Math.max(1, head - FIRST_ENTRIES + 1), head, 'last');
    this.#restart(slice.epoch, slice.entries.at(-1)?.seq ?? slice.head, slice.entries);
    await this.#sequencer.begin(slice);
    this.#flush();
  }

  async #readAfter(seq: number): Promise<Slice> {
    for (let attempt = 0; !this.#isClosed; attempt++) {
      try {
        const life = this.#life;
        const slice = await this.#log.read(this.name, seq + 1, Math.min(this.#head, seq + READ_ENTRIES));
        if (slice.epoch === this.#epoch && life === this.#life) return slice;
        void this.#sequencer.look();
      } catch {
        void this.#sequencer.look(); // and it tells the members
      }
      await patience(attempt);
    }
    return { epoch: this.#epoch, floor: seq + 1, head: this.#head, entries: [] };
  }

  #add(epoch: string, entries: readonly Entry[]): void {
    this.#epoch = epoch; // another one only with the first entry of all
    this.#waiting.push(...entries);
    if (this.#isFlushPlanned || this.#isClosed) return;
    this.#isFlushPlanned = true;
    const flush = () => {
      this.#isFlushPlanned = false;
      this.#flush();
    };
    if (this.crowd.isOn) this.#flushTimer = setTimeout(flush, this.#limits.crowdTickMs);
    else queueMicrotask(flush); // the log hints at all that one transaction has written in one go
  }

  #flush(): void {
    if (this.#isClosed) return;
    for (const batch of batches(this.#waiting.splice(0))) {
      const messages = [...this.#formats].flatMap(({ topic, entries }) =>
        entries(batch, this.#epoch).map((message) => ({ topic, message })),
      );
      for (const { message } of messages) this.#bytesSince += message.byteLength;
      this.#checkLags(); // those who get no more are refilled from this head on
      this.#head = batch.at(-1)!.seq;
      this.#recent.add(batch);
      for (const { topic, message } of messages) this.#publish(topic, message);
    }
  }

  #gap(epoch: string, { reason, next }: Gap): void {
    this.#flush();
    this.#checkLags();
    if (reason === 'reset') this.#life++;
    this.#restart(epoch, next - 1, []);
    const message = this.#json.gap(epoch, reason, next);
    if (message !== undefined && !this.#isClosed) this.#publish(this.#json.topic, message);
  }

  #restart(epoch: string, head: number, entries: readonly Entry[]): void {
    this.#epoch = epoch;
    this.#head = head;
    this.#waiting = [];
    this.#recent.clear();
    this.#recent.add(entries);
  }

  #checkLags(): void {
    const now = performance.now();
    if (now - this.#lagCheckedAt < LAG_CHECK_MS && this.#bytesSince < LAG_CHECK_BYTES) return;
    this.#lagCheckedAt = now;
    this.#bytesSince = 0;
    for (const cursor of this.#cursors) cursor.checkLag();
  }

  #countCrowd(): void {
    if (this.crowd.count(this.#cursors.size)) this.#tell(this.crowd.message);
  }

  #tell(message: object): void {
    if (!this.#isClosed) this.#publish(this.#json.topic, jsonMessage(this.name, message));
  }
}
