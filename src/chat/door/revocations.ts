/** Sessions that have ended, kept in a log like what is said: all processes that share it hear of them, and so does this one later. */
import type { RoomLog } from '../log/room-log.ts';
import { patience, Sequencer } from '../rooms/sequencer.ts';
import type { Session, Sessions } from './sessions.ts';

/** No room that anybody can join or read has such a name. */
const LOG = '.sessions';

export class Revocations {
  readonly #log: RoomLog;
  readonly #sessions: Sessions;
  readonly #sequencer: Sequencer;
  #unwatch: () => void = () => {};
  #onUnavailable: () => void = () => {};
  #isClosed = false;

  constructor(log: RoomLog, sessions: Sessions) {
    this.#log = log;
    this.#sessions = sessions;
    this.#sequencer = new Sequencer(LOG, log, {
      entries: (_epoch, entries) => {
        for (const { id, at } of entries) sessions.revoke(id, at);
      },
      gap: () => {}, // what is not kept any more is as if it had never been there
      available: (isAvailable) => {
        if (!isAvailable) this.#onUnavailable();
      },
    });
  }

  /** Reads what has ended, and listens from then on. Resolves when all is read, or at once if it cannot be yet. */
  async open(): Promise<void> {
    const unavailable = new Promise<void>((resolve) => {
      this.#onUnavailable = resolve;
    });
    await Promise.race([this.#follow(), unavailable]);
  }

  /** Ends a session everywhere. @throws {LogUnavailableError} if it may not have ended at all */
  async end({ key, user }: Session): Promise<void> {
    const author = { id: user.id, name: '' };
    await this.#log.append(LOG, { id: key, author, kind: 'text', text: '', sealed: true }); // nothing to search
    this.#sessions.revoke(key);
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch();
    this.#sequencer.close();
  }

  async #follow(): Promise<void> {
    for (let attempt = 0; !this.#isClosed; attempt++) {
      try {
        this.#unwatch = await this.#log.watch(LOG, {
          hint: (epoch, entry) => this.#sequencer.hint(epoch, entry),
          told: () => {},
          doubt: () => this.#sequencer.doubt(),
        });
        break;
      } catch {
        this.#onUnavailable();
        await patience(attempt);
      }
    }
    if (this.#isClosed) return this.#unwatch();
    await this.#sequencer.begin({ epoch: '', floor: 1, head: 0, entries: [] });
    await this.#sequencer.look();
  }
}
