/**
 * The outbox: what one has said and the server has not confirmed. It sends one message a room at a time, so that their order
 * stays even where one is refused; sends it again, with the same id, after a reconnect; and leaves it to its tab, or takes it over
 * when that tab is gone.
 *
 * @typedef {import('./protocol.js').Author} Author
 * @typedef {import('./timeline.js').Own & { room: string, tab: string, order: number }} Waiting
 * @typedef {{ id: string, alive(): Promise<Set<string> | undefined>, tell(message: unknown): void }} Neighbours
 * @typedef {{ canSend(room: string): boolean, has(item: Waiting): boolean, send(item: Waiting): Promise<'sent' | 'closed' | 'no-key'>,
 *   show(item: Waiting): void, hide(item: Waiting): void, silent(): void, tooFast(until: number | undefined): void }} Host
 */

/** A server that says nothing for so long, while a message waits, is gone: TCP may take minutes to notice. */
const ANSWER_MS = 15_000;
const UNAVAILABLE_MS = 2_000;
/** Where tabs cannot tell whether others live. The server knows the id, so that nothing is doubled. */
const ORPHAN_MS = 10_000;
/** Why something fails that is sent again as soon as its author is back. */
const OTHER_NAME = 'other-name';

export class Outbox {
  #store;
  #tabs;
  #host;
  /** @type {Author | undefined} */
  #user;
  #isShared = true;
  /** @type {Map<string, Waiting>} */
  #items = new Map();
  /** What has been sent and not been answered, by room. @type {Map<string, { id: string, timer: ReturnType<typeof setTimeout> }>} */
  #flights = new Map();
  #pausedUntil = 0;
  /** The ids of what is gone here, while the store may still have it. @type {Set<string>} */
  #gone = new Set();

  /**
   * @param {{ all(): Promise<Waiting[] | undefined>, put(item: Waiting): Promise<void>, delete(id: string): Promise<void> }} store
   * @param {Neighbours} tabs
   * @param {Host} host
   */
  constructor(store, tabs, host) {
    this.#store = store;
    this.#tabs = tabs;
    this.#host = host;
  }

  /** @returns {number} how many messages wait, or have failed */
  get size() {
    return this.#items.size;
  }

  /**
   * Sends as this person from now on. What somebody of another name wrote here is not sent before it is asked for, and
   * where people have accounts, it is not even shown. Their edits and deletes go: without accounts nobody can send them any more.
   * @param {Author} user
   * @param {boolean} hasAccounts
   */
  async signIn(user, hasAccounts) {
    this.#user = user;
    this.#isShared = !hasAccounts;
    this.#beginWith([...this.#items.values()]);
    await this.adopt();
  }

  /** Shows what waits in a room that has just been entered. @param {string} room */
  showIn(room) {
    for (const item of this.#items.values()) if (item.room === room) this.#host.show(item);
  }

  /** @param {Omit<Waiting, 'tab' | 'order' | 'state' | 'at' | 'author'>} draft */
  add(draft) {
    if (!this.#user) return;
    // After all that waits already: what is here, whatever the clock has done since, and what is not read yet, by the clock.
    const at = Date.now();
    const order = Math.max(at, ...[...this.#items.values()].map((item) => item.order + 1));
    const made = { at, order, author: this.#user, tab: this.#tabs.id };
    const item = /** @type {Waiting} */ ({ ...draft, ...made, state: 'pending' });
    this.#change(item);
    this.pump();
  }

  /** @param {string} id */
  retry(id) {
    const item = this.#items.get(id);
    if (!item || !this.#user) return;
    this.#change({ ...item, author: this.#user, state: 'pending', reason: undefined, tab: this.#tabs.id });
    this.pump();
  }

  /** @param {string} id that is not to be sent any more */
  drop(id) {
    const item = this.#items.get(id);
    this.#remove(id);
    if (!item) return;
    this.#host.hide(item);
    this.#tabs.tell({ type: 'dropped', item });
  }

  /** It is kept. @param {string} id */
  confirm(id) {
    if (!this.#items.has(id)) return;
    this.#remove(id);
    this.pump();
  }

  /** @param {import('./protocol.js').Failure} failure that names one of these messages */
  refuse({ id = '', code, retryAfterMs = 1_000 }) {
    const item = this.#items.get(id);
    if (!item) return;
    this.#land(item.room);
    if (code === 'too-fast') return this.#pause(retryAfterMs, true);
    if (code === 'unavailable') return this.#pause(UNAVAILABLE_MS, false);
    if (code === 'not-joined') return; // it is sent when the room is joined
    // What it would change is gone, and with it the place where one could see that it failed.
    if (code === 'not-yours' && !this.#host.has(item)) {
      this.drop(id);
      return this.pump();
    }
    this.#change({ ...item, state: 'failed', reason: code });
    this.pump();
  }

  /** The connection is gone, and with it all that is on the way. */
  disconnected() {
    for (const room of [...this.#flights.keys()]) this.#land(room);
    this.#pausedUntil = 0;
    this.#host.tooFast(undefined);
  }

  /** Sends what can be sent now. */
  pump() {
    if (Date.now() < this.#pausedUntil) return;
    for (const item of this.#items.values()) {
      const isMine = item.tab === this.#tabs.id && item.state === 'pending';
      if (!isMine || this.#flights.has(item.room) || !this.#host.canSend(item.room)) continue;
      const timer = setTimeout(() => this.#host.silent(), ANSWER_MS);
      this.#flights.set(item.room, { id: item.id, timer });
      void this.#send(item);
    }
  }

  /** Takes over what tabs have left behind that are gone. */
  async adopt() {
    const alive = await this.#tabs.alive();
    const stored = await this.#store.all();
    if (stored) this.#merge(stored);
    for (const item of this.#items.values()) {
      if (item.tab === this.#tabs.id) continue;
      const isOrphan = alive ? !alive.has(item.tab) : Date.now() - item.at > ORPHAN_MS;
      if (isOrphan) this.#change({ ...item, tab: this.#tabs.id });
    }
    this.pump();
  }

  /** @param {{ type: string, item: Waiting }} message of another tab */
  told({ type, item }) {
    if (type === 'waiting') this.#receive(item);
    if (type !== 'dropped') return;
    this.#items.delete(item.id);
    this.#host.hide(item);
  }

  /** @param {Waiting} item */
  async #send(item) {
    const result = await this.#host.send(item);
    if (result === 'closed') this.#land(item.room);
    if (result === 'no-key') this.refuse({ type: 'error', code: result, message: '', id: item.id });
  }

  /**
   * What is in memory counts more than what is stored, for the store may have failed. It alone knows what other tabs still have.
   * @param {Waiting[]} stored
   */
  #merge(stored) {
    const ids = new Set(stored.map(({ id }) => id));
    const here = [...this.#items.values()].filter(({ id, tab }) => tab === this.#tabs.id || ids.has(id));
    for (const item of here) if (!ids.has(item.id)) void this.#store.put(item);
    const others = stored.filter(({ id }) => !this.#items.has(id) && !this.#gone.has(id));
    this.#beginWith([...here, ...others]);
  }

  /** Begins anew with these, in the order in which they were written. @param {Waiting[]} items */
  #beginWith(items) {
    for (const item of this.#items.values()) this.#host.hide(item);
    this.#items.clear();
    for (const item of items.sort((a, b) => a.order - b.order || a.at - b.at)) this.#receive(item);
  }

  /** @param {Waiting} item */
  #receive(item) {
    const user = this.#user;
    if (!user) return;
    // Without accounts a new session is a new person, even if it is the same human being.
    const isOwn = item.author.id === user.id || (this.#isShared && item.author.name === user.name);
    if (isOwn && item.reason === OTHER_NAME)
      this.#keep({ ...item, author: user, state: 'pending', reason: undefined });
    else if (isOwn) this.#keep({ ...item, author: user });
    else if (!this.#isShared) return;
    else if (item.kind === 'text') this.#keep({ ...item, state: 'failed', reason: OTHER_NAME });
    else this.#remove(item.id);
  }

  /** @param {Waiting} item */
  #keep(item) {
    this.#items.set(item.id, item);
    this.#host.show(item);
  }

  /** @param {Waiting} item */
  #change(item) {
    this.#keep(item);
    void this.#store.put(item);
    this.#tabs.tell({ type: 'waiting', item });
  }

  /** @param {string} id */
  #remove(id) {
    const item = this.#items.get(id);
    this.#items.delete(id);
    this.#gone.add(id);
    void this.#store.delete(id).then(() => this.#gone.delete(id));
    if (item && this.#flights.get(item.room)?.id === id) this.#land(item.room);
    this.#host.tooFast(Date.now() < this.#pausedUntil ? this.#pausedUntil : undefined);
  }

  /** @param {string} room what was on the way there has been answered, or never will be */
  #land(room) {
    clearTimeout(this.#flights.get(room)?.timer);
    this.#flights.delete(room);
  }

  /** @param {number} ms @param {boolean} isTooFast */
  #pause(ms, isTooFast) {
    this.#pausedUntil = Date.now() + ms;
    if (isTooFast) this.#host.tooFast(this.#pausedUntil);
    setTimeout(() => {
      this.#host.tooFast(undefined);
      this.pump();
    }, ms + 10);
  }
}
