/**
 * `node bench/codec.js [ROUNDS]`: the codec of permessage-deflate beside node:zlib at level 6, in one process, with and
 * without context takeover; build first. With takeover zlib is measured twice: as a stream, which is what its
 * documented interface allows (a message waits for the thread pool), and by its internal synchronous call. Rounds are
 * interleaved, because machines are noisy. Figures are the best round of each, in microseconds a message, and ratios.
 */
import { readFileSync } from 'node:fs';
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import { ByteBuffer } from '../dist/protocol/byte-buffer.js';
import { Deflater } from '../dist/protocol/permessage-deflate/deflate.js';
import { Inflater } from '../dist/protocol/permessage-deflate/inflate.js';

const [rounds = '7'] = process.argv.slice(2);
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);
const LIMIT = 1 << 24;
const flush = { finishFlush: constants.Z_SYNC_FLUSH };
/** The settings of a server with many connections: as little memory as messages of that size need. */
const small = { ...flush, memLevel: 4, windowBits: 12, chunkSize: 1024 };

let state = 1;
/** The next number below `limit`, from a sequence that is always the same. */
function random(/** @type {number} */ limit) {
  state = (Math.imul(state, 0x41c6_4e6d) + 0x3039) | 0;
  return (state >>> 8) % limit;
}

const read = (/** @type {string} */ name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const prose = `${read('docs/architecture.md')} ${read('CONTRIBUTING.md')} ${read('README.md')}`.replace(
  /[\s`|*#[\]]+/g,
  ' ',
);
const chinese = [...read('README.zh.md')].filter((character) => character > '\u2fff').join('');
const words = prose.split(' ');

/** Text in which each word follows the word before it somewhere in the prose. */
function text(/** @type {number} */ byteCount) {
  /** @type {Map<string, string[]>} */
  const followers = new Map();
  words.forEach((word, i) => {
    followers.set(word, [...(followers.get(word) ?? []), words[i + 1] ?? '']);
  });
  const said = [];
  let word = 'The';
  for (let length = 0; length < byteCount; length += word.length + 1) {
    const all = random(10) > 0 ? followers.get(word) : undefined;
    word = all?.[random(all.length)] || (words[random(words.length)] ?? '');
    said.push(word);
  }
  return Buffer.from(said.join(' ')).subarray(0, byteCount);
}

function cut(/** @type {Buffer} */ bytes, /** @type {number} */ length) {
  return Array.from({ length: Math.floor(bytes.length / length) }, (_, i) =>
    bytes.subarray(i * length, (i + 1) * length),
  );
}

function chat(/** @type {(i: number) => string} */ say) {
  return Array.from({ length: 2000 }, (_, i) => {
    const from = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'][random(6)];
    const at = new Date(1.7e12 + 3_217 * i + random(3000)).toISOString();
    return Buffer.from(
      JSON.stringify({
        type: 'message',
        id: 100_000 + i,
        room: 'general',
        from,
        at,
        edited: false,
        text: say(i),
      }),
    );
  });
}

const sentences = prose.split(/[.:;] /).filter(({ length }) => length > 60 && length < 200);
const sentence = () => (sentences[random(sentences.length)] ?? '').slice(0, 120);
const anyWords = () => Array.from({ length: 8 + random(20) }, () => words[random(words.length)]).join(' ');
const anyChinese = () => {
  const from = random(chinese.length - 40);
  return chinese.slice(from, from + 15 + random(25));
};

/** @type {Record<string, Buffer[]>} */
const WORKLOADS = {
  'chat JSON, sentences': chat(sentence),
  'chat JSON, any words': chat(anyWords),
  'chat JSON, Chinese': chat(anyChinese),
  'prose, 230 B': cut(text(230_000), 230),
  'prose, 1,500 B': cut(text(600_000), 1500),
  'prose, 16 KiB': cut(text(1 << 20), 1 << 14),
  'prose, 64 KiB': cut(text(1 << 20), 1 << 16),
  'prose, 1 MiB': [text(1 << 20)],
};

const output = new ByteBuffer((byteLength) => new Uint8Array(byteLength));
const copyOutput = () => Buffer.from(output.bytes.subarray(0, output.length));

/** @param {Deflater} deflater @param {Uint8Array} message */
function deflate(deflater, message) {
  output.clear();
  deflater.deflate(message, 0, message.length, output);
}

/** @param {Inflater} inflater @param {Uint8Array} message */
function inflate(inflater, message) {
  output.clear();
  inflater.inflate(message, 0, message.length, output, LIMIT);
  inflater.finish(output, LIMIT);
}

const withoutTail = (/** @type {Buffer} */ bytes) => bytes.subarray(0, bytes.length - TAIL.length);

/**
 * zlib's stream by its internal synchronous call, which closes the stream when it is done. Here closing does nothing,
 * so that there is context takeover.
 */
function synchronous(/** @type {import('node:zlib').DeflateRaw | import('node:zlib').InflateRaw} */ stream) {
  const inner =
    /** @type {{ _handle: { close(): void }, _processChunk(chunk: Uint8Array, flush: number): Buffer }} */ (
      /** @type {unknown} */ (stream)
    );
  const handle = inner._handle;
  handle.close = () => {};
  return (/** @type {Buffer} */ message) => {
    inner._handle = handle;
    const processed = inner._processChunk(message, constants.Z_SYNC_FLUSH);
    stream.removeAllListeners('error');
    return processed;
  };
}

/** zlib's stream as it is meant to be used: one message at a time, because the messages must be kept apart. */
function asynchronous(/** @type {import('node:zlib').DeflateRaw | import('node:zlib').InflateRaw} */ stream) {
  stream.on('data', () => {});
  return (/** @type {Buffer} */ message) => {
    stream.write(message);
    return new Promise((resolve) => stream.flush(constants.Z_SYNC_FLUSH, () => resolve(undefined)));
  };
}

/**
 * What is measured: a function that is called for each round, and returns a function that takes a message.
 * @typedef {() => (message: Buffer) => unknown} Candidate
 */

/** @param {Record<string, [candidate: Candidate, messages: Buffer[]]>} candidates */
async function measure(candidates) {
  /** @type {Record<string, number[]>} */
  const times = {};
  for (let round = 0; round < Number(rounds); round++) {
    for (const [name, [candidate, messages]] of Object.entries(candidates)) {
      const take = candidate();
      const isStream = name.endsWith('stream');
      const start = performance.now();
      for (const message of messages) {
        const taken = take(message);
        if (isStream) await taken;
      }
      times[name] = [...(times[name] ?? []), (1000 * (performance.now() - start)) / messages.length];
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, Math.min(...all)]));
}

const TAKEOVER = { windowBits: 15, contextTakeover: true };
const ALONE = { windowBits: 15, contextTakeover: false };

/** @type {Record<string, Record<string, string | number>>} */
const sizes = {};
/** @type {Record<string, Record<string, string>>} */
const takeover = {};
/** @type {Record<string, Record<string, string>>} */
const alone = {};

for (const [name, messages] of Object.entries(WORKLOADS)) {
  const deflater = new Deflater(TAKEOVER);
  const ours = messages.map((message) => {
    deflate(deflater, message);
    return copyOutput();
  });
  const zlibDeflate = synchronous(createDeflateRaw());
  const theirs = messages.map((message) => Buffer.from(withoutTail(zlibDeflate(message))));
  const whole = theirs.map((message) => Buffer.concat([message, TAIL]));
  const lone = messages.map((message) => deflateRawSync(message, flush));
  const bytes = (/** @type {Buffer[]} */ all) => all.reduce((sum, { length }) => sum + length, 0);
  const each = (/** @type {Buffer[]} */ all) => (bytes(all) / all.length).toFixed(1);
  sizes[name] = {
    messages: messages.length,
    'bytes each': each(messages),
    ours: each(ours),
    zlib: each(theirs),
    ratio: (bytes(ours) / bytes(theirs)).toFixed(3),
  };

  const us = await measure({
    deflate: [
      () => {
        const own = new Deflater(TAKEOVER);
        return (message) => deflate(own, message);
      },
      messages,
    ],
    'deflate sync': [() => synchronous(createDeflateRaw()), messages],
    'deflate stream': [() => asynchronous(createDeflateRaw()), messages],
    'inflate ours': [
      () => {
        const own = new Inflater(TAKEOVER);
        return (message) => inflate(own, message);
      },
      ours,
    ],
    'inflate zlib’s': [
      () => {
        const own = new Inflater(TAKEOVER);
        return (message) => inflate(own, message);
      },
      theirs,
    ],
    'inflate sync': [() => synchronous(createInflateRaw()), whole],
    'inflate stream': [() => asynchronous(createInflateRaw()), whole],
    'alone deflate': [
      () => {
        const own = new Deflater(ALONE);
        return (message) => deflate(own, message);
      },
      messages,
    ],
    'alone deflate zlib': [
      () => (message) => deflateRawSync(message, message.length > 4096 ? flush : small),
      messages,
    ],
    'alone inflate': [
      () => {
        const own = new Inflater(ALONE);
        return (message) => inflate(own, message);
      },
      lone.map(withoutTail),
    ],
    'alone inflate zlib': [
      () => (message) =>
        inflateRawSync(message, message.length > 4096 ? flush : { ...flush, chunkSize: 1024 }),
      lone,
    ],
  });
  const of = (/** @type {string} */ key) => us[key] ?? Number.NaN;
  const time = (/** @type {string} */ key) => of(key).toFixed(2);
  const ratio = (/** @type {string} */ a, /** @type {string} */ b) => (of(a) / of(b)).toFixed(2);
  takeover[name] = {
    deflate: time('deflate'),
    'zlib sync': time('deflate sync'),
    'zlib stream': time('deflate stream'),
    'ours/sync': ratio('deflate', 'deflate sync'),
    'inflate ours': time('inflate ours'),
    'inflate zlib’s': time('inflate zlib’s'),
    'zlib  sync': time('inflate sync'),
    'zlib  stream': time('inflate stream'),
    'zlib’s/sync': ratio('inflate zlib’s', 'inflate sync'),
  };
  alone[name] = {
    deflate: time('alone deflate'),
    zlib: time('alone deflate zlib'),
    'ours/zlib': ratio('alone deflate', 'alone deflate zlib'),
    inflate: time('alone inflate'),
    'zlib ': time('alone inflate zlib'),
    'ours/zlib ': ratio('alone inflate', 'alone inflate zlib'),
  };
}

console.log('\nbytes a message with context takeover, zlib at level 6');
console.table(sizes);
console.log(`\nµs a message with context takeover, best of ${rounds} rounds`);
console.table(takeover);
console.log('\nµs a message without context takeover; zlib in one call');
console.table(alone);
