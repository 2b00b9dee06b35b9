/**
 * chat.v1, docs/chat-protocol.md: what the server says, as types, and the one place where a frame becomes an object.
 *
 * @typedef {{ id: string, name: string }} Author
 * @typedef {{ seq: number, id: string, at: number, author: Author, kind: 'text' | 'edit' | 'delete', text: string,
 *   target?: number, sealed?: true, unreadable?: true }} Entry `unreadable`: set by the page, if it has no key for it
 * @typedef {{ textBytes: number, perSecond: number, burst: number, rooms: number, connections: number,
 *   historyPage: number, crowd: number }} Limits
 * @typedef {{ type: 'welcome', you: Author, limits: Limits, storage: 'memory' | 'disk' | 'redis', search: boolean,
 *   expires: number }} Welcome
 * @typedef {{ type: 'joined', room: string, epoch: string, floor: number, head: number, from: number }} Joined
 * @typedef {{ type: 'entries', room: string, epoch: string, entries: Entry[] }} Entries
 * @typedef {{ type: 'gap', room: string, epoch: string, reason: 'trimmed' | 'reset', next: number }} Gap
 * @typedef {{ type: 'history', room: string, epoch: string, floor: number, before: number, entries: Entry[] }} History
 * @typedef {{ type: 'ack', room: string, id: string, epoch: string, seq: number, at: number }} Ack
 * @typedef {{ type: 'presence', room: string, count: number, members?: Author[] }} Presence
 * @typedef {{ type: 'typing', room: string, members: Author[] }} Typing
 * @typedef {{ type: 'crowd', room: string, on: boolean, tickMs: number, perSecond: number }} Crowd
 * @typedef {{ type: 'storage', available: boolean }} Storage
 * @typedef {{ type: 'error', code: string, message: string, room?: string, id?: string, retryAfterMs?: number }} Failure
 * @typedef {Welcome | Joined | Entries | Gap | History | Ack | Presence | Typing | Crowd | Storage | Failure} FromServer
 */

export const SUBPROTOCOL = 'chat.v1';

/** Close codes that mean more than "come back". */
export const CLOSED = { sessionEnded: 4001, badMessages: 4002, tooFast: 4008, tooManyConnections: 4009 };

/**
 * @param {string} text
 * @returns {FromServer | undefined} undefined for what is no object with a type: the page leaves it out
 */
export function parseFrame(text) {
  try {
    const frame = JSON.parse(text);
    return typeof frame?.type === 'string' ? frame : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A name as a room may have it: lower case, with a hyphen for what does not fit. Empty if nothing is left.
 * @param {string} text
 */
export function roomNameOf(text) {
  const fitting = text
    .toLowerCase()
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}_-]+/gu, '-')
    .replace(/^-+/, '');
  return [...fitting].slice(0, 64).join('').replace(/-+$/, '');
}

/** @param {string} room */
export function isEncrypted(room) {
  return room.startsWith('e-');
}

/** A UUID of version 4. `crypto.randomUUID` is there in secure contexts only; a chat in a home network is none. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
