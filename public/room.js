/** One room as the page knows it: its timeline, who is there, what is unread, and the key if it is encrypted. */
import { importKey, seal, unseal } from './crypto.js';
import { isEncrypted } from './protocol.js';
import { recall, remember } from './storage.js';
import { Timeline } from './timeline.js';

/**
 * @typedef {import('./protocol.js').Author} Author
 * @typedef {import('./protocol.js').Entry} Entry
 * @typedef {{ epoch: string, seq: number }} Marker
 */

export class Room {
  timeline = new Timeline();
  /** @type {Author[] | undefined} undefined in a room for very many, and before it is known */
  members;
  count = 0;
  /** @type {Author[]} */
  typing = [];
  /** Set in a room for very many. @type {{ tickMs: number, perSecond: number } | undefined} */
  crowd;
  isJoined = false;
  isLoading = false;
  /** Why the server does not let one in. @type {string | undefined} */
  refusal;
  /** The key of a link, where another one is known: its owner is to be asked. @type {string | undefined} */
  otherKey;
  /** Up to where one has read. @type {Marker | undefined} */
  marker;
  /** Where "new" begins on the screen; stays while one reads. @type {Marker | undefined} */
  divider;
  #head = 0;
  /** @type {Promise<CryptoKey | undefined>} */
  #key = Promise.resolve(undefined);
  /** Frames of an encrypted room are handled one after the other. @type {Promise<unknown>} */
  #chain = Promise.resolve();

  /** @param {string} name @param {string | undefined} key as it is in the URL */
  constructor(name, key) {
    this.name = name;
    this.isEncrypted = isEncrypted(name);
    this.key = key;
    if (key) this.#key = importKey(key);
    this.readMarker();
    this.divider = this.marker;
  }

  /** As it is shown. */
  get title() {
    return this.isEncrypted ? this.name.slice(2) : this.name;
  }

  /** Reads the room with this key from now on: all of it is to come again. @param {string} key as it is in the URL */
  useKey(key) {
    this.key = key;
    this.#key = importKey(key);
    this.timeline = new Timeline();
  }

  /** Takes the mark that another tab may have moved. */
  readMarker() {
    this.marker = /** @type {Marker | undefined} */ (recall(`read.${this.name}`));
  }

  /** @param {{ epoch: string, head: number }} joined */
  joined({ epoch, head }) {
    this.isJoined = true;
    this.isLoading = false;
    this.refusal = undefined;
    this.#head = head;
    // The log has lost its end: what comes there now is new.
    if (this.marker?.epoch === epoch && this.marker.seq > head)
      this.divider = this.marker = { epoch, seq: head };
    // Who comes for the first time has missed nothing; of a room that is empty yet, they will miss all that comes.
    if (!this.marker) this.mark({ epoch, seq: head });
    this.divider ??= this.marker;
  }

  /** The divider, under the name that the timeline has for its log. */
  get dividerHere() {
    return this.divider && { ...this.divider, epoch: this.#isHere(this.divider) ? this.timeline.epoch : '' };
  }

  /** @param {Marker} marker whether it is in this log: one in a room that was empty is at the beginning of any */
  #isHere({ epoch }) {
    return epoch === '' || epoch === this.timeline.cursor?.epoch;
  }

  /** The connection is gone. */
  disconnected() {
    this.isJoined = false;
    this.isLoading = false;
    this.typing = [];
    this.crowd = undefined; // told again, if the room still is one for very many
  }

  /** @param {Marker} marker */
  mark(marker) {
    if (this.marker?.epoch === marker.epoch && this.marker.seq >= marker.seq) return;
    this.marker = marker;
    remember(`read.${this.name}`, marker);
  }

  /** Whether one has read all that there is. */
  get isCaughtUp() {
    const { cursor } = this.timeline;
    if (!cursor) return this.#head === 0;
    return this.marker?.epoch === cursor.epoch && this.marker.seq >= Math.max(this.#head, cursor.seq);
  }

  /** All that is here has been read. @param {boolean} isWatching whether it was read as it came: then it is not "new" */
  markRead(isWatching) {
    const { cursor } = this.timeline;
    if (cursor) this.mark({ epoch: cursor.epoch, seq: cursor.seq });
    if (isWatching) this.divider = this.marker;
  }

  /** Messages of others after the mark. Those that are not here are counted by their numbers. @param {string} you */
  unread(you) {
    if (!this.marker || !this.timeline.cursor) return 0;
    const isHere = this.#isHere(this.marker);
    const read = isHere ? this.marker.seq : 0;
    const isNew = (/** @type {import('./timeline.js').Item} */ item) =>
      item.type === 'message' &&
      item.epoch === this.timeline.epoch &&
      item.author.id !== you &&
      !item.isDeleted &&
      (item.seq ?? 0) > read;
    const notHere = isHere ? Math.max(0, (this.timeline.before ?? 1) - 1 - read) : 0;
    return notHere + this.timeline.items().filter(isNew).length;
  }

  /**
   * Makes entries readable and passes them on, in the order in which they came.
   * @template {{ entries: Entry[] }} Frame
   * @param {Frame} frame
   * @param {(frame: Frame) => void} use
   */
  read(frame, use) {
    if (!this.isEncrypted) return use(frame);
    this.inTurn(async () =>
      use({ ...frame, entries: await Promise.all(frame.entries.map((one) => this.#open(one))) }),
    );
  }

  /** Handles what concerns the order of entries. @param {() => unknown} act */
  inTurn(act) {
    if (!this.isEncrypted) return void act();
    this.#chain = this.#chain.then(act);
  }

  /**
   * @param {{ id: string, sender: string, target: number, text: string }} message
   * @returns {Promise<string | undefined>} the ciphertext, or undefined without a key
   */
  async seal({ id, sender, target, text }) {
    const key = await this.#key;
    return key && (await seal(key, { room: this.name, id, sender, target }, text));
  }

  /** @param {Entry} entry @returns {Promise<Entry>} */
  async #open(entry) {
    // A message that nobody has sealed is shown, with a warning: anybody who reaches the server could have written it.
    if (entry.text === '' || !entry.sealed) return entry;
    const key = await this.#key;
    const context = { room: this.name, id: entry.id, sender: entry.author.id, target: entry.target ?? 0 };
    const text = key && (await unseal(key, context, entry.text));
    return text === undefined ? { ...entry, unreadable: true } : { ...entry, text };
  }
}
