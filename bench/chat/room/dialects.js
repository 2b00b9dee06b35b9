/** What the two servers speak: how a member enters, says something, and what it is sent. */
import { randomUUID } from 'node:crypto';

/**
 * @typedef {{ seq: number, text: string }} Entry
 *
 * @typedef {{ entries: Entry[] } | { answer: string, storage?: string } | { next: number, isGap?: boolean } | { error: string } | 'ack' | 'other'} Event
 * what a message means: `next` is the number of the entry that must come next
 *
 * @typedef {object} Dialect
 * @property {string} path
 * @property {boolean} needsSession
 * @property {string} headers of the upgrade request
 * @property {Buffer} entriesBegin what messages with entries begin with, in which `"seq":` stands before the first number
 * @property {Buffer} ackBegin
 * @property {(text: string) => Event} read
 * @property {(text: string) => string} say
 */

const ROOM = 'room';

/** @type {Dialect} */
const chat = {
  path: '/chat',
  needsSession: true,
  headers: 'Sec-WebSocket-Protocol: chat.v1\r\n',
  entriesBegin: Buffer.from('{"type":"entries"'),
  ackBegin: Buffer.from('{"type":"ack"'),
  read(text) {
    const { type, ...message } = JSON.parse(text);
    if (type === 'welcome')
      return { answer: JSON.stringify({ type: 'join', room: ROOM }), storage: message.storage };
    if (type === 'joined') return { next: message.from };
    if (type === 'gap') return { next: message.next, isGap: true };
    if (type === 'entries') return { entries: message.entries };
    if (type === 'error') return { error: message.code };
    return type === 'ack' ? 'ack' : 'other';
  },
  say: (text) => JSON.stringify({ type: 'say', room: ROOM, id: randomUUID(), text }),
};

/** Engine.IO 4 and Socket.IO 5, as they are on the wire. @type {Dialect} */
const socketIo = {
  path: '/socket.io/?EIO=4&transport=websocket',
  needsSession: false,
  headers: '',
  entriesBegin: Buffer.from('42["entry"'),
  ackBegin: Buffer.from('43'),
  read(text) {
    if (text.startsWith('42')) return { entries: [JSON.parse(text.slice(2))[1]] };
    if (text.startsWith('43')) return 'ack';
    if (text.startsWith('40')) return { next: 1 };
    if (text.startsWith('0')) return { answer: '40' };
    if (text.startsWith('2')) return { answer: '3' };
    return { error: text };
  },
  say: (text) => `420${JSON.stringify(['say', { id: randomUUID(), text }])}`,
};

export const DIALECTS = { chat, socketIo };
