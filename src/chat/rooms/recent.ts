/** The last entries of a room, at hand for those who come back. */
import type { Entry } from '../log/room-log.ts';

/** How many are kept, and characters of their texts. */
const MAX_ENTRIES = 200;
const MAX_CHARACTERS = 1024 * 1024;

export class Recent {
  #entries: Entry[] = [];
  #characters = 0;

  /** The first that is kept; undefined if none is. */
  get first(): number | undefined {
    return this.#entries[0]?.seq;
  }

  /** Those after a number, which must not be before the first. */
  after(seq: number): Entry[] {
    const { first = seq + 1 } = this;
    return this.#entries.slice(seq + 1 - first);
  }

  /** Adds entries that follow on the last. */
  add(entries: readonly Entry[]): void {
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
    this.#entries = [];
    this.#characters = 0;
  }

  /** Empties the text of a message that was deleted, as the log has done. */
  #erase({ target, author }: Entry): void {
    this.#entries = this.#entries.map((entry) => {
      const subject = entry.kind === 'text' ? entry.seq : entry.target;
      if (subject !== target || entry.author.id !== author.id) return entry;
      this.#characters -= entry.text.length;
      return { ...entry, text: '' };
    });
  }
}
