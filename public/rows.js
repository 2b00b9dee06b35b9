/**
 * From the items of a timeline to the rows on the screen: days, "new", who speaks. No DOM.
 *
 * @typedef {import('./timeline.js').Item} Item
 * @typedef {import('./timeline.js').Message} Message
 * @typedef {{ type: 'day', key: string, at: number, today: string } | { type: 'new', key: string }
 *   | { type: 'gap', key: string, gap: import('./timeline.js').GapItem }
 *   | { type: 'message', key: string, message: Message, isGrouped: boolean, isOwn: boolean, hasTime: boolean }} Row
 */

/** What somebody says within so long after the last message stands under the same name. */
const GROUP_MS = 5 * 60_000;

/** @param {number} at @returns {string} the day, in the time zone of the reader */
function dayOf(at) {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/**
 * @param {readonly Item[]} items
 * @param {{ you: string, divider: { epoch: string, seq: number } | undefined, now: number }} reader `divider`: what is read, up to
 *   where; `now`: days are called by how long ago they were
 * @returns {Row[]}
 */
export function rowsOf(items, { you, divider, now }) {
  /** @type {Row[]} */
  const rows = [];
  /** @type {Message | undefined} */
  let last;
  const today = dayOf(now);
  let day = '';
  let isBeforeNew = divider !== undefined;
  for (const item of items) {
    if (item.type === 'gap') {
      rows.push({ type: 'gap', key: item.key, gap: item });
      last = undefined;
      continue;
    }
    if (dayOf(item.at) !== day) {
      day = dayOf(item.at);
      rows.push({ type: 'day', key: `day ${day} ${item.key}`, at: item.at, today });
      last = undefined;
    }
    if (isBeforeNew && isNew(item, divider, you)) {
      isBeforeNew = false;
      rows.push({ type: 'new', key: 'new' });
      last = undefined;
    }
    rows.push({
      type: 'message',
      key: item.key,
      message: item,
      isOwn: item.author.id === you,
      isGrouped: last !== undefined && isSameVoice(last, item) && item.at - last.at < GROUP_MS,
      hasTime: last === undefined || minuteOf(last.at) !== minuteOf(item.at),
    });
    last = item;
  }
  return rows;
}

/** @param {number} at */
function minuteOf(at) {
  return Math.floor(at / 60_000);
}

/** @param {Message} a @param {Message} b */
function isSameVoice(a, b) {
  return a.author.id === b.author.id && a.author.name === b.author.name;
}

/** @param {Message} item @param {{ epoch: string, seq: number } | undefined} divider @param {string} you */
function isNew({ epoch, seq, author }, divider, you) {
  return divider?.epoch === epoch && seq !== undefined && seq > divider.seq && author.id !== you;
}

/** @param {Row} a @param {Row} b whether they look the same */
export function isSameRow(a, b) {
  const isSame = (/** @type {any} */ one, /** @type {any} */ other) =>
    Object.keys(one).every((name) => one[name] === other[name]);
  return a.type === b.type && isSame(a, b);
}
