/** A log whose hints are not to be relied on: it loses, doubles and reorders them, in a way that a seed repeats. */
import type { Appended, Draft, Entry, RoomLog, Slice, Watcher } from '../../../src/chat/log/room-log.ts';

export interface Faults {
  /** Any integer: the same seed, the same faults. */
  readonly seed: number;
  /** The share of hints that get lost, 0 to 1. @defaultValue 0.2 */
  readonly lost?: number;
  /** The share of hints that come twice. @defaultValue 0.2 */
  readonly doubled?: number;
  /** The share of hints that come after later ones: at {@link FaultyLog.flush} at last. @defaultValue 0.2 */
  readonly late?: number;
}

type Delivery = () => void;

export class FaultyLog implements RoomLog {
  readonly #log: RoomLog;
  readonly #faults: Required<Faults>;
  readonly #held: Delivery[] = [];
  #state: number;

  constructor(log: RoomLog, faults: Faults) {
    this.#log = log;
    this.#faults = { lost: 0.2, doubled: 0.2, late: 0.2, ...faults };
    this.#state = faults.seed;
  }

  get storage(): RoomLog['storage'] {
    return this.#log.storage;
  }

  append(room: string, draft: Draft): Promise<Appended> {
    return this.#log.append(room, draft);
  }

  read(room: string, from: number, to: number, end?: 'first' | 'last'): Promise<Slice> {
    return this.#log.read(room, from, to, end);
  }

  watch(room: string, watcher: Watcher): Promise<() => void> {
    return this.#log.watch(room, {
      hint: (epoch, entry) => this.#hint(() => watcher.hint(epoch, entry)),
      told: (text) => watcher.told(text),
      doubt: () => watcher.doubt(),
    });
  }

  tell(room: string, text: string): void {
    this.#log.tell(room, text);
  }

  async search(room: string, query: string, before: number, limit: number): Promise<readonly Entry[]> {
    return (await this.#log.search?.(room, query, before, limit)) ?? [];
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  /** Delivers the hints that are held back, in an order of its own. */
  flush(): void {
    while (this.#held.length > 0) this.#release();
  }

  #hint(deliver: Delivery): void {
    if (this.#chance(this.#faults.lost)) return;
    const times = this.#chance(this.#faults.doubled) ? 2 : 1;
    for (let time = 0; time < times; time++) {
      if (this.#chance(this.#faults.late)) this.#held.push(deliver);
      else deliver();
    }
    if (this.#held.length > 0 && this.#chance(0.3)) this.#release();
  }

  #release(): void {
    const [deliver] = this.#held.splice(Math.floor(this.#random() * this.#held.length), 1);
    deliver!();
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  /** A Weyl sequence, mixed: enough to look random, and the same everywhere. */
  #random(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 0x2c1b3c6d);
    mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }
}
