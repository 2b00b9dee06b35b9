/** The rooms that somebody of this process is in. A room is opened by the first to enter, and closed behind the last. */
import type { Limits } from '../limits.ts';
import { LogUnavailableError, type RoomLog } from '../log/room-log.ts';
import { type Publish, Room } from './room.ts';

/** Rooms that may be open at once. */
const MAX_ROOMS = 10_000;

export class Rooms {
  readonly #log: RoomLog;
  readonly #limits: Limits;
  readonly #publish: Publish;
  readonly #open = new Map<string, { readonly room: Promise<Room>; users: number }>();

  constructor(log: RoomLog, limits: Limits, publish: Publish) {
    this.#log = log;
    this.#limits = limits;
    this.#publish = publish;
  }

  /**
   * The room, which stays open until {@link release} is called for it as often as this.
   * @throws {LogUnavailableError} and need not be released then
   */
  async acquire(name: string): Promise<Room> {
    let entry = this.#open.get(name);
    if (entry === undefined) {
      if (this.#open.size >= MAX_ROOMS) throw new LogUnavailableError('too many rooms are open');
      entry = { room: Room.open(name, this.#log, this.#limits, this.#publish), users: 0 };
      this.#open.set(name, entry);
    }
    entry.users++;
    try {
      return await entry.room;
    } catch (error) {
      if (this.#open.get(name) === entry) this.#open.delete(name);
      throw error;
    }
  }

  release(room: Room): void {
    const entry = this.#open.get(room.name);
    if (entry === undefined || --entry.users > 0) return;
    this.#open.delete(room.name);
    room.close();
  }
}
