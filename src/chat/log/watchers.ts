/** Those who watch rooms in this process. What one of them throws reaches neither the log nor the others. */
import type { Entry, Watcher } from './room-log.ts';

export class Watchers {
  readonly #rooms = new Map<string, Set<Watcher>>();

  /** @returns ends it */
  add(room: string, watcher: Watcher): () => void {
    const watchers = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, watchers.add(watcher));
    return () => {
      if (watchers.delete(watcher) && watchers.size === 0) this.#rooms.delete(room);
    };
  }

  has(room: string): boolean {
    return this.#rooms.has(room);
  }

  hint(room: string, epoch: string, entry: Entry): void {
    this.#each(room, (watcher) => watcher.hint(epoch, entry));
  }

  tell(room: string, text: string): void {
    this.#each(room, (watcher) => watcher.told(text));
  }

  doubt(): void {
    for (const room of [...this.#rooms.keys()]) this.#each(room, (watcher) => watcher.doubt());
  }

  clear(): void {
    this.#rooms.clear();
  }

  #each(room: string, call: (watcher: Watcher) => void): void {
    for (const watcher of [...(this.#rooms.get(room) ?? [])]) {
      try {
        call(watcher);
      } catch {
        // Its own affair: the log has done its part.
      }
    }
  }
}
