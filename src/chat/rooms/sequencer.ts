/**
 * Gives the entries of a room's log once and in order, out of hints that may be lost, doubled or late: takes the one that is
 * expected, drops those that it has had, and reads the log where one is missing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry, RoomLog, Slice } from '../log/room-log.ts';
import { following, type Gap } from './following.ts';

/** What a sequencer tells. */
export interface Listener {
  /** Entries that follow on all before. */
  entries(epoch: string, entries: readonly Entry[]): void;
  /** The next entry is not the one that would follow. */
  gap(epoch: string, gap: Gap): void;
  /** Whether the log can be read. */
  available(isAvailable: boolean): void;
}

/** How often it looks whether a hint got lost: in Redis it may, within this process it does not. */
const IDLE_TICK_MS = { redis: 5_000, disk: 60_000, memory: 60_000 };
const RETRY_MS = [20, 100, 500, 2_000];

/** Waits before a log that cannot be read is tried again. @param attempt counts from 0 */
export async function patience(attempt: number): Promise<void> {
  await sleep(RETRY_MS[attempt] ?? RETRY_MS.at(-1), undefined, { ref: false });
}

export class Sequencer {
  readonly #name: string;
  readonly #log: RoomLog;
  readonly #listener: Listener;
  #epoch = '';
  #floor = 1;
  #seq = 0;
  /** The last entry that was given; undefined at the beginning, and after a gap. */
  #last: Entry | undefined;
  #reading: Promise<void> | undefined;
  /** Whether there is a reason to read the log once more. */
  #isInDoubt = false;
  /** How often hints may have been lost, and up to which time the log has been read since. Until it has, no hint is trusted. */
  #doubts = 0;
  #settledDoubts = 0;
  #isAvailable = true;
  /** Of those who wait for one attempt only. */
  readonly #impatient = new Set<(error: unknown) => void>();
  /** Ends the wait for the next attempt to read the log. */
  #wake: () => void = () => {};
  #hasBegun = false;
  #isClosed = false;
  readonly #idleTick: NodeJS.Timeout;

  constructor(name: string, log: RoomLog, listener: Listener) {
    this.#name = name;
    this.#log = log;
    this.#listener = listener;
    this.#idleTick = setInterval(() => void this.look(), IDLE_TICK_MS[log.storage]).unref();
  }

  /** The first entry that is still kept, as far as this process knows. */
  get floor(): number {
    return this.#floor;
  }

  /** Whether the log can be read, as far as this process knows. */
  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  /**
   * Begins after the last entry of a slice. What was hinted at before is in it, or is read now.
   * @throws {LogUnavailableError} and goes on trying, as {@link lookOnce}
   */
  async begin(slice: Slice): Promise<void> {
    this.#start({ ...slice, head: slice.entries.at(-1)?.seq ?? slice.head });
    this.#hasBegun = true;
    if (this.#isInDoubt || this.#seq < slice.head) await this.lookOnce();
  }

  #start({ epoch, floor, head, entries }: Slice): void {
    this.#epoch = epoch;
    this.#floor = floor;
    this.#seq = head;
    this.#last = entries.at(-1);
  }

  hint(epoch: string, entry: Entry): void {
    const isFirst = this.#epoch === '' && entry.seq === 1;
    if (!this.#hasBegun || this.#doubts !== this.#settledDoubts) {
      void this.look();
    } else if ((epoch === this.#epoch || isFirst) && entry.seq === this.#seq + 1) {
      this.#epoch = epoch;
      this.#give([entry]);
    } else if (epoch !== this.#epoch || entry.seq > this.#seq) {
      void this.look();
    }
  }

  /** Hints may have been lost, and the end of the log with them: only the log can tell. */
  doubt(): void {
    this.#doubts++;
    void this.look();
  }

  /** Reads the log until it holds nothing that was not given. Tries again for as long as it cannot be read. Never rejects. */
  async look(): Promise<void> {
    this.#isInDoubt = true;
    this.#wake();
    if (!this.#hasBegun) return;
    this.#reading ??= this.#read();
    await this.#reading;
  }

  /** As {@link look}, for somebody who does not want to wait for a log that is away. @throws {LogUnavailableError} */
  async lookOnce(): Promise<void> {
    let giveUp: (error: unknown) => void = () => {};
    const failure = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    this.#impatient.add(giveUp);
    try {
      await Promise.race([this.look(), failure]);
    } finally {
      this.#impatient.delete(giveUp);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#idleTick);
    this.#wake();
  }

  async #read(): Promise<void> {
    for (let attempt = 0; this.#isInDoubt && !this.#isClosed; ) {
      this.#isInDoubt = false;
      try {
        const [epoch, last, doubts] = [this.#epoch, this.#last, this.#doubts];
        const slice = await this.#log.read(this.#name, Math.max(1, last?.seq ?? this.#seq), Infinity);
        if (this.#isClosed) return;
        this.#tellAvailable(true);
        if (epoch !== this.#epoch) {
          this.#isInDoubt = true; // a hint has told of another log meanwhile
        } else {
          this.#settledDoubts = doubts;
          this.#take(slice, last);
        }
        attempt = 0;
      } catch (error) {
        this.#tellAvailable(false);
        for (const giveUp of this.#impatient) giveUp(error);
        this.#isInDoubt = true;
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([woken, patience(attempt++)]);
      }
    }
    this.#reading = undefined;
  }

  /** @param asked the last entry when the log was asked. Hints may have come since then */
  #take(slice: Slice, asked: Entry | undefined): void {
    // A store that has lost its last writes goes on with the same numbers, and gives them to other messages.
    const again = slice.entries.find(({ seq }) => seq === asked?.seq);
    const isRolledBack = asked !== undefined && (slice.head < asked.seq || (again ?? asked).id !== asked.id);
    const head = isRolledBack ? slice.head : Math.max(slice.head, this.#seq);
    const last = isRolledBack ? Infinity : this.#seq;
    const { gap, entries } = following({ ...slice, head }, this.#epoch, last);
    if (gap !== undefined) {
      this.#start({ ...slice, head: gap.next - 1, entries: [] });
      this.#listener.gap(slice.epoch, gap);
    }
    this.#epoch = slice.epoch;
    this.#floor = slice.floor;
    this.#give(entries);
    this.#isInDoubt ||= this.#seq < slice.head;
  }

  #give(entries: readonly Entry[]): void {
    this.#last = entries.at(-1) ?? this.#last;
    this.#seq = this.#last?.seq ?? this.#seq;
    if (entries.length > 0) this.#listener.entries(this.#epoch, entries);
  }

  #tellAvailable(isAvailable: boolean): void {
    if (isAvailable === this.#isAvailable || this.#isClosed) return;
    this.#isAvailable = isAvailable;
    this.#listener.available(isAvailable);
  }
}
