/**
 * What was said, what was acknowledged, what anybody has seen, and what the log holds: and whether these agree. Nothing may be
 * lost, doubled, changed, or seen differently by two.
 */

/**
 * @typedef {import('../follower.js').Entry} Entry
 * @typedef {{ room: string, epoch: string, seq: number }} Place
 * @typedef {{ writer: string, n: number, room: string, text: string }} Sent
 */

const MAX_REPORTED = 40;
const shown = (/** @type {Place | undefined} */ place) =>
  place === undefined ? 'nowhere' : `${place.room} ${place.epoch}:${place.seq}`;

export class Truth {
  /** @type {Map<string, Sent>} by id */
  sent = new Map();
  /** @type {Map<string, Place>} by id */
  acked = new Map();
  /** @type {Map<string, Place>} by id: what was read from the log */
  logged = new Map();
  /** @type {string[]} */
  broken = [];
  brokenCount = 0;
  /** @type {Map<string, string>} the id at each place that anybody has seen */
  #seen = new Map();
  /** @type {Set<string>} ids of what was refused once: it may be written behind what the same writer said later */
  #refused = new Set();
  /** @type {Map<string, number>} by writer: the number of what the log has last of it */
  #lastOf = new Map();
  /** @type {Set<string>} rooms and numbers of what was asked to be deleted */
  #deleted = new Set();
  /** @type {Map<string, Place>} acknowledged since the last comparison */
  #fresh = new Map();

  violation(/** @type {string} */ what) {
    this.brokenCount++;
    if (this.broken.length < MAX_REPORTED) this.broken.push(what);
  }

  said(/** @type {string} */ id, /** @type {Sent} */ sent, /** @type {number | undefined} */ deletes) {
    this.sent.set(id, sent);
    if (deletes !== undefined) this.#deleted.add(`${sent.room} ${deletes}`);
  }

  refused(/** @type {string} */ id) {
    this.#refused.add(id);
  }

  acknowledged(/** @type {string} */ id, /** @type {Place} */ place) {
    this.acked.set(id, place);
    this.#fresh.set(id, place);
  }

  /** @returns {import('../follower.js').Judge} for those who follow a room */
  judgeOf(/** @type {string} */ room) {
    return {
      entry: (who, epoch, entry) => this.#see(who, { room, epoch, seq: entry.seq }, entry),
      broken: (what) => this.violation(what),
    };
  }

  /** @returns {import('../follower.js').Judge} for one who reads the log */
  auditorOf(/** @type {string} */ room) {
    const judge = this.judgeOf(room);
    return {
      entry: (who, epoch, entry) => {
        judge.entry(who, epoch, entry);
        this.#log({ room, epoch, seq: entry.seq }, entry);
      },
      broken: judge.broken,
    };
  }

  #see(
    /** @type {string} */ who,
    /** @type {Place} */ place,
    /** @type {Entry} */ { id, seq, target, text },
  ) {
    const key = shown(place);
    const known = this.#seen.get(key);
    if (known === undefined) this.#seen.set(key, id);
    else if (known !== id) this.violation(`${who}: ${key} is ${id}, and was ${known} for somebody`);
    const sent = this.sent.get(id);
    const isErased = [seq, target].some((number) => this.#deleted.has(`${place.room} ${number}`));
    if (sent === undefined) this.violation(`${who}: nobody said ${id}, at ${key}`);
    else if (sent.room !== place.room)
      this.violation(`${who}: ${id} was said in ${sent.room}, not at ${key}`);
    else if (text !== sent.text && !(text === '' && isErased))
      this.violation(`${who}: ${key} is "${text}", but "${sent.text}" was said`);
  }

  #log(/** @type {Place} */ place, /** @type {Entry} */ { id }) {
    const before = this.logged.get(id);
    if (before !== undefined && shown(before) !== shown(place))
      this.violation(`the log has ${id} twice: at ${shown(before)} and ${shown(place)}`);
    this.logged.set(id, place);
    const sent = this.sent.get(id);
    if (before !== undefined || sent === undefined || this.#refused.has(id)) return;
    const last = this.#lastOf.get(sent.writer) ?? -1;
    if (sent.n < last)
      this.violation(
        `${sent.writer} said number ${sent.n} before ${last}, the log has it after that, at ${shown(place)}`,
      );
    this.#lastOf.set(sent.writer, Math.max(last, sent.n));
  }

  /** What must be in the log, by now: for each room the greatest number that was acknowledged. */
  get targets() {
    /** @type {Map<string, number>} */
    const targets = new Map();
    for (const { room, seq } of this.#fresh.values())
      targets.set(room, Math.max(seq, targets.get(room) ?? 0));
    return targets;
  }

  /** Takes what was acknowledged since the last time; {@link compare} takes it when the log was read up to its targets. */
  takeFresh() {
    const fresh = this.#fresh;
    this.#fresh = new Map();
    return fresh;
  }

  /** Whether the log has what was acknowledged, where the acknowledgement says. */
  compare(/** @type {Map<string, Place>} */ acked) {
    for (const [id, place] of acked) {
      const { writer, n } = /** @type {Sent} */ (this.sent.get(id));
      const where = shown(this.logged.get(id));
      if (where !== shown(place))
        this.violation(
          `number ${n} of ${writer} is lost: acknowledged at ${shown(place)}, in the log ${where}`,
        );
    }
  }
}
