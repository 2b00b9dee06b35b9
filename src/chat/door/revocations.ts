/** Sessions that have ended, kept in a log like what is said: all processes that share it hear of them, and so does this one later. */
import type { Draft, RoomLog } from '../log/room-log.ts';
import { patience, Sequencer } from '../rooms/sequencer.ts';
import type { Session, Sessions } from './sessions.ts';

/** No room that anybody can join or read has such a name. */
const LOG = '.sessions';
/** How many of the last that have ended are read at the beginning. */
const MAX_READ = 100_000;
/** The most that wait for a log that cannot be reached. */
const MAX_WAITING = 1_000;

export class Revocations {
  readonly #log: RoomLog;
  readonly #sessions: Sessions;
  readonly #sequencer: Sequencer;
  #unwatch: () => void = () => {};
  #onUnavailable: () => void = () => {};
  #waiting = 0;
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

  /** Ends a session: here at once, elsewhere when the log can be reached. */
  async end({ key, user }: Session): Promise<void> {
    this.#sessions.revoke(key);
    const author = { id: user.id, name: '' };
    const draft: Draft = { id: key, author, kind: 'text', text: '', sealed: true }; // nothing to search
    try {
      await this.#log.append(LOG, draft);
    } catch (error) {
      if (this.#waiting >= MAX_WAITING) throw error;
      void this.#appendLater(draft);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch();
    this.#sequencer.close();
  }

  async #appendLater(draft: Draft): Promise<void> {
    this.#waiting++;
    for (let attempt = 0; !this.#isClosed; attempt++) {
      await patience(attempt);
      const isKept = await this.#log.append(LOG, draft).then(
        () => true,
        () => false,
      );
      if (isKept) break;
    }
    this.#waiting--;
  }

  async #follow(): Promise<void> {
    for (let attempt = 0; !this.#isClosed; attempt++) {
      try {
        this.#unwatch = await this.#log.watch(LOG, {
          hint: (epoch, entry) => this.#sequencer.hint(epoch, entry),
          told: () => {},
          doubt: () => this.#sequencer.doubt(),
        });
        const { epoch, floor, head } = await this.#log.read(LOG, 1, 0);
        await this.#sequencer.begin({ epoch, floor, head: Math.max(0, head - MAX_READ), entries: [] });
        break;
      } catch {
        this.#unwatch();
        this.#onUnavailable();
        await patience(attempt);
      }
    }
    if (this.#isClosed) return this.#unwatch();
    await this.#sequencer.look();
  }
}
