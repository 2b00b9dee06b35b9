/**
 * What the items of a timeline are: small questions about them.
 *
 * @typedef {import('./protocol.js').Entry} Entry
 * @typedef {import('./timeline.js').Item} Item
 * @typedef {import('./timeline.js').GapItem} GapItem
 * @typedef {import('./timeline.js').Message} Message
 * @typedef {import('./timeline.js').Own} Own
 */

/** @param {Entry | GapItem} row @returns {row is GapItem} */
export function isGap(row) {
  return 'type' in row;
}

/** What stays of an item when its log is gone: all that was kept there. @param {Item} item @param {string} epoch of the new log @returns {Item[]} */
export function asPast(item, epoch) {
  if (item.type === 'gap') return [item];
  if (item.seq === undefined || item.epoch === epoch) return [];
  return [{ ...item, state: 'kept', reason: undefined, change: undefined }];
}

/** @param {Message} a @param {Message} b */
export function isSame(a, b) {
  return /** @type {(keyof Message)[]} */ (Object.keys(a)).every((name) =>
    name === 'author' ? a.author.id === b.author.id && a.author.name === b.author.name : a[name] === b[name],
  );
}

/** @typedef {{ ack?: { epoch: string, seq: number } }} Acknowledged */

/**
 * Sorts what is acknowledged before what is not, in the order of the log; logs follow each other as they were heard of.
 * @param {Acknowledged} a
 * @param {Acknowledged} b
 */
export function byAck({ ack: a }, { ack: b }) {
  if (!a || !b) return Number(a === undefined) - Number(b === undefined);
  return a.epoch === b.epoch ? a.seq - b.seq : 0;
}

/** Edits of one message that are kept, and deletes. One of each would do; by the others one knows what another tab tells late. */
const MOST_CHANGES = 10;

/** Of the changes of one message, those that are too many: the oldest. @param {Entry[]} changes @returns {Entry[]} */
export function surplusOf(changes) {
  const sorted = changes.sort((a, b) => b.seq - a.seq);
  return ['edit', 'delete'].flatMap((kind) => sorted.filter((one) => one.kind === kind).slice(MOST_CHANGES));
}

/**
 * A message with all that changed it.
 * @param {Entry} entry
 * @param {Entry[]} edits those that name it as their target, of anybody
 * @param {Own | undefined} own a change that is not confirmed
 * @param {string} epoch
 * @returns {Message}
 */
export function messageOf(entry, edits, own, epoch) {
  const changes = edits
    .filter((change) => change.author.id === entry.author.id)
    .sort((a, b) => a.seq - b.seq);
  const edit = changes.findLast((change) => change.kind === 'edit' && change.text !== '');
  const isGone = entry.text === '' || changes.some((change) => change.kind === 'delete');
  const isDeleted = isGone || (own?.kind === 'delete' && own.state === 'pending');
  const said = edit ?? entry;
  return {
    type: 'message',
    key: entry.id,
    id: entry.id,
    seq: entry.seq,
    epoch,
    at: entry.at,
    author: entry.author,
    text: isDeleted ? '' : own?.kind === 'edit' ? own.text : said.text,
    isEdited: !isDeleted && (edit !== undefined || own?.kind === 'edit'),
    isDeleted,
    sealed: own?.kind === 'edit' ? own.sealed === true : said.sealed === true,
    unreadable: own?.kind !== 'edit' && said.unreadable === true && !isDeleted,
    state: own?.state ?? 'kept',
    reason: own?.reason,
    change: own?.id,
  };
}

/**
 * One's own message, whose entry has not come.
 * @param {Own & { ack?: { epoch: string, seq: number, at: number } }} own
 * @param {string} epoch of the log now
 * @returns {Message}
 */
export function echoOf({ id, at, author, text, state, reason, sealed, ack }, epoch) {
  return {
    type: 'message',
    key: id,
    id,
    seq: ack?.seq,
    epoch: ack?.epoch ?? epoch,
    at: ack?.at ?? at,
    author,
    text,
    isEdited: false,
    isDeleted: false,
    sealed: sealed === true,
    unreadable: false,
    state: ack ? 'kept' : state,
    reason,
    change: undefined,
  };
}
