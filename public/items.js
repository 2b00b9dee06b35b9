/**
 * What the items of a timeline are: small questions about them.
 *
 * @typedef {import('./protocol.js').Entry} Entry
 * @typedef {import('./timeline.js').Item} Item
 * @typedef {import('./timeline.js').GapItem} GapItem
 * @typedef {import('./timeline.js').Message} Message
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
