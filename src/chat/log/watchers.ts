/** Those who watch rooms in this process. What one of them throws reaches neither the log nor the others. */
import type { Watcher } from './room-log.ts';

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

  /** Calls something of each watcher of a room, or of all rooms. */
  each(room: string | undefined, call: (watcher: Watcher) => void): void {
    const rooms = room === undefined ? [...this.#rooms.values()] : [this.#rooms.get(room) ?? []];
    for (const watcher of rooms.flatMap((watchers) => [...watchers])) {
      try {
        call(watcher);
      } catch {
        // Its own affair: the log has done its part.
      }
    }
  }
}
