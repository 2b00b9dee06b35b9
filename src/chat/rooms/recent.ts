/** The last entries of a room, at hand for those who come back. */
import { afterDelete } from '../log/drafts.ts';
import type { Entry } from '../log/room-log.ts';

/** How many are kept, and characters of their texts. */
const MAX_ENTRIES = 200;
const MAX_CHARACTERS = 1024 * 1024;

export class Recent {
  #entries: Entry[] = [];
  #characters = 0;
  /** What was asked for last, and the answer, which is the same until something is added: many ask for the same. */
  #asked: { readonly seq: number; readonly entries: readonly Entry[] } | undefined;

  /** The first that is kept; undefined if none is. */
  get first(): number | undefined {
    return this.#entries[0]?.seq;
  }

  /** The entry with a number, if it is at hand. */
  at(seq: number): Entry | undefined {
    return this.#entries[seq - (this.first ?? 0)];
  }

  /** Those after a number, which must not be before the first. */
  after(seq: number): readonly Entry[] {
    if (this.#asked?.seq !== seq) {
      const { first = seq + 1 } = this;
      this.#asked = { seq, entries: this.#entries.slice(seq + 1 - first) };
    }
    return this.#asked.entries;
  }

  /** Adds entries that follow on the last. */
  add(entries: readonly Entry[]): void {
    this.#asked = undefined;
    for (const entry of entries) {
      this.#entries.push(entry);
      this.#characters += entry.text.length;
      if (entry.kind === 'delete') this.#erase(entry);
    }
    while (this.#entries.length > MAX_ENTRIES || this.#characters > MAX_CHARACTERS) {
      this.#characters -= this.#entries.shift()!.text.length;
    }
  }

  clear(): void {
    this.#asked = undefined;
    this.#entries = [];
    this.#characters = 0;
  }

  #erase(deletion: Entry): void {
    this.#entries = this.#entries.map((entry) => {
      const left = afterDelete(entry, deletion);
      this.#characters += left.text.length - entry.text.length;
      return left;
    });
  }
}
