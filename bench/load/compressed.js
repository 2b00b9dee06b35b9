/** Messages with permessage-deflate: compressed with context takeover where that was agreed on, or each alone. */
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { constants, createDeflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import { COMPRESSED_TEXT, clientFrame } from './frames.js';

const WORDS =
  'what a chat says is mostly the same few words again and again in another order each time'.split(' ');
const COUNT = 256;
const LONE_COUNT = 640;
const MAX_WINDOW_BITS = 12;
/** The end of the output of Z_SYNC_FLUSH, which a message omits (RFC 7692 §7.2.1). */
const TAIL = Buffer.of(0, 0, 0xff, 0xff);

/** A JSON text of the given length, different for each number. A short one contains little more than the number. */
export function text(/** @type {number} */ number, /** @type {number} */ bytes) {
  if (bytes < 100) return `message ${number}`.padEnd(bytes, '.');
  const head = `{"id":${number},"user":"user-${number % 97}","at":"2026-11-25T12:00:${10 + (number % 50)}Z","text":"`;
  let said = head;
  for (let i = number; said.length < bytes - 2; i += 7) said += `${WORDS[(i * i + number) % WORDS.length]} `;
  return `${said.slice(0, bytes - 2)}"}`;
}

const PROSE =
  readFileSync(new URL('../../README.md', import.meta.url), 'latin1').match(/[!,-;=?-Za-z]+/g) ?? [];

/** As {@link text}, but in prose: each number has another run of words. */
export function prose(/** @type {number} */ number, /** @type {number} */ bytes) {
  const from = (number * 7) % (PROSE.length - bytes);
  const said = PROSE.slice(from, from + bytes).join(' ');
  return `${`{"id":${number},"user":"user-${number % 97}","text":"${said}`.slice(0, bytes - 2)}"}`;
}

/**
 * Frames to be sent repeatedly in this order, compressed as agreed with the server. Each refers to the frames before it,
 * except the first, which refers to none. Without context takeover none of them does.
 */
export async function compressedTexts(/** @type {string} */ extensions, /** @type {number} */ bytes) {
  const asked = Number(/client_max_window_bits=(\d+)/.exec(extensions)?.[1] ?? MAX_WINDOW_BITS);
  const deflate = createDeflateRaw({ windowBits: Math.max(9, Math.min(asked, MAX_WINDOW_BITS)) });
  const flush = promisify((/** @type {() => void} */ done) => deflate.flush(constants.Z_SYNC_FLUSH, done));
  const isAlone = extensions.includes('client_no_context_takeover');
  const frames = [];
  for (let number = 0; number < COUNT; number++) {
    if (isAlone) deflate.reset();
    deflate.write(text(number, bytes));
    await flush();
    const compressed = /** @type {Buffer} */ (deflate.read());
    frames.push(clientFrame(COMPRESSED_TEXT, compressed.subarray(0, -TAIL.length)));
  }
  return frames;
}

/** @returns the payload of the first frame on a connection, as it was before it was compressed */
export function inflated(/** @type {number} */ firstByte, /** @type {Buffer} */ payload) {
  if (firstByte !== COMPRESSED_TEXT) return payload;
  return inflateRawSync(Buffer.concat([payload, TAIL]), { finishFlush: constants.Z_SYNC_FLUSH });
}

/** Frames with prose, each compressed without reference to others. At 260 B zlib gives each message codes of its own. */
export function loneTexts(/** @type {number} */ bytes) {
  return Array.from({ length: LONE_COUNT }, (_, number) =>
    clientFrame(COMPRESSED_TEXT, compressedAlone(Buffer.from(prose(number, bytes)))),
  );
}

/** @returns the payload of a message that is compressed without reference to others */
export function compressedAlone(/** @type {Buffer} */ message) {
  return deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -TAIL.length);
}
