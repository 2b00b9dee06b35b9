/** A row of the log as an element. */
import { button, colourOf, make, nameOf } from './dom.js';
import { t } from './language.js';
import { linkify } from './linkify.js';

/**
 * @typedef {import('./rows.js').Row} Row
 * @typedef {import('./timeline.js').Message} Message
 * @typedef {{ edit(message: Message): void, delete(message: Message): void, retry(id: string): void, discard(id: string): void,
 *   isOnline(): boolean, canChange(message: Message): boolean }} Actions
 */

/** Longer texts are folded. */
const FOLD_CHARACTERS = 2_000;
const FOLD_LINES = 24;
/** Of a message that is read out. */
const SAID_CHARACTERS = 300;

/** @param {Row} row @param {Actions} actions @param {boolean} isEncryptedRoom @returns {HTMLElement} */
export function viewOf(row, actions, isEncryptedRoom) {
  switch (row.type) {
    case 'day':
      return make('h2', 'entry day', dayLabel(row.at));
    case 'new':
      return make('p', 'entry new', t.newSince);
    case 'gap':
      return make('p', `entry gap ${row.gap.reason}`, gapLabel(row.gap));
    default:
      return messageView(row, actions, isEncryptedRoom);
  }
}

/** @param {Extract<Row, { type: 'message' }>} row @param {Actions} actions @param {boolean} isEncryptedRoom */
function messageView({ message, isOwn, isGrouped, hasTime }, actions, isEncryptedRoom) {
  const entry = make('article', `entry message ${colourOf(message.author.id)} ${message.state}`);
  entry.tabIndex = -1;
  entry.dataset['id'] = message.id;
  entry.ariaLabel = saidIn(message, isOwn);
  entry.classList.toggle('own', isOwn);
  entry.classList.toggle('grouped', isGrouped);
  entry.classList.toggle('same-time', !hasTime);
  const author = make('p', isGrouped ? 'by sr' : 'by', authorOf(message, isOwn));
  if (isEncryptedRoom && !message.sealed && !message.isDeleted)
    author.append(make('span', 'warn', t.notSealed));
  entry.append(author, bodyOf(message), timeOf(message.at));
  const foot = footOf(message, actions);
  if (foot) entry.append(foot);
  if (isOwn && message.state === 'kept' && !message.isDeleted && actions.canChange(message))
    entry.append(ownActions(message, actions));
  return entry;
}

/**
 * Who says what, in one sentence.
 * @param {{ author: Message['author'], text: string, isDeleted?: boolean, unreadable?: boolean }} message
 * @param {boolean} isOwn
 */
export function saidIn({ author, text, isDeleted, unreadable }, isOwn) {
  const said = isDeleted ? t.deleted : unreadable ? t.unreadable : text.slice(0, SAID_CHARACTERS);
  return t.says(isOwn ? t.you : author.name || t.nobody, said);
}

/** @param {string | undefined} reason */
export function whyFailed(reason = 'other') {
  return t.failedBecause[reason] ?? t.failedBecause['other'] ?? t.failed;
}

/** @param {Message} message @param {boolean} isOwn */
function authorOf({ author }, isOwn) {
  if (isOwn) return make('span', 'name', t.you);
  return author.name ? nameOf(author.name) : make('span', 'name nobody', t.nobody);
}

/** @param {Message} message */
function bodyOf({ text, isDeleted, unreadable, isEdited }) {
  if (isDeleted || unreadable) return make('p', 'text none', isDeleted ? t.deleted : t.unreadable);
  const body = make('p', 'text');
  body.dir = 'auto';
  for (const part of linkify(text)) body.append(part.href ? linkOf(part.text, part.href) : part.text);
  if (isEdited) body.append(' ', make('small', 'edited', t.edited));
  if (text.length <= FOLD_CHARACTERS && text.split('\n', FOLD_LINES + 1).length <= FOLD_LINES) return body;
  const folded = make('div', 'folded', body);
  const unfold = button('unfold', t.showAll, () => {
    folded.classList.remove('folded');
    unfold.remove();
    folded.closest('article')?.focus({ preventScroll: true });
  });
  folded.append(unfold);
  return folded;
}

/** @param {string} text @param {string} href */
function linkOf(text, href) {
  const link = make('a', '', text);
  link.href = href;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.dir = 'ltr';
  return link;
}

/** @param {number} at */
export function timeOf(at) {
  const date = new Date(at);
  const time = make('time', '', clock(at));
  time.dateTime = date.toISOString();
  time.title = date.toLocaleString(t.lang, { dateStyle: 'full', timeStyle: 'medium' });
  return time;
}

/** What becomes of a message that is not confirmed. @param {Message} message @param {Actions} actions */
function footOf(message, actions) {
  if (message.state === 'kept') return undefined;
  const id = message.change ?? message.id;
  if (message.state === 'pending') return make('p', 'fate', actions.isOnline() ? t.sending : t.waitingToSend);
  const retry = button('', t.retry, () => actions.retry(id));
  return make(
    'p',
    'fate',
    whyFailed(message.reason),
    ' ',
    retry,
    button('', t.discard, () => actions.discard(id)),
  );
}

/** @param {Message} message @param {Actions} actions */
function ownActions(message, actions) {
  const edit = button('', t.edit, () => actions.edit(message));
  const remove = button('', t.delete, () => actions.delete(message));
  for (const one of [edit, remove]) one.tabIndex = -1; // reached from their message: see log-view.js
  return make('div', 'own-actions', edit, remove);
}

/** @param {import('./timeline.js').GapItem} gap */
function gapLabel({ reason, missing }) {
  return reason === 'reset' ? t.gapReset : t.gapTrimmed(missing);
}

/** @param {number} at */
function clock(at) {
  // English is for all who have no language of their own here: their hours are those of their browser.
  return formatter('clock', t.lang === 'en' ? [] : t.lang, { timeStyle: 'short' }).format(at);
}

/** @param {number} at */
function dayLabel(at) {
  const midnight = (/** @type {number} */ time) => new Date(time).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(Date.now()) - midnight(at)) / 86_400_000);
  if (days === 0) return t.today;
  if (days === 1) return t.yesterday;
  const year = new Date(at).getFullYear() === new Date().getFullYear() ? undefined : 'numeric';
  const options = /** @type {const} */ ({ weekday: 'long', day: 'numeric', month: 'long', year });
  return formatter(`day ${year}`, t.lang, options).format(at);
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formatters = new Map();

/** Formatters are slow to make. @param {string} name @param {string | string[]} locale @param {Intl.DateTimeFormatOptions} options */
function formatter(name, locale, options) {
  const key = `${t.lang} ${name}`;
  const known = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formatters.set(key, known);
  return known;
}
