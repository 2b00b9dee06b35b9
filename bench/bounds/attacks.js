/**
 * The attacks, each with the options of its server and the bound that docs/security.md states for it. Sizes are in
 * bytes. A connection itself, with Node's socket, counts as CONNECTION.
 */
import { DEFLATE, deflated, frame, OPCODE, pause, Raw, request, times } from './raw.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What Node and barewire need for a connection that sends nothing. */
const CONNECTION = 16 * KIB;
/** `maxMessageBytes`, and the most that a message under way takes. */
const MESSAGE = MIB;
const UNDER_WAY = 3 * MESSAGE;
/** `maxQueuedBytes`, and the buffers that hold it. */
const QUEUE = 4 * MIB;
const QUEUE_BUFFERS = 4 * QUEUE;
/** The size of one read, and what a transport accepts before it is full. */
const CHUNK = 64 * KIB;
const COMPRESSION = { windows: 32 * KIB + 16 * KIB, codes: 10 * KIB };

/**
 * @typedef {object} Attack
 * @property {string} name
 * @property {object} [options] of the server
 * @property {number} connections
 * @property {number} bound how much more memory the server may hold during the attack, in total
 * @property {string} expected how the server ends the connections: a close code, or a phrase
 * @property {number} withinMs how long the attack may take
 * @property {boolean} [broadcasts] whether the server sends to all during the attack
 * @property {(port: number) => Promise<unknown>} run
 */

const bomb = deflated(new Uint8Array(10_000_000));
const fragment = (/** @type {Uint8Array} */ payload) => frame(OPCODE.continuation, payload, { fin: false });

/** Fragments of a message that never ends. */
function flood(
  /** @type {Uint8Array} */ payload,
  /** @type {boolean} */ compressed,
  /** @type {number} */ count,
) {
  const first = frame(OPCODE.binary, payload, { fin: false, compressed });
  return Buffer.concat([first, ...Array(count).fill(fragment(payload))]);
}

/** Opens connections, writes the same bytes on each, and waits until all have ended. */
function onEach(
  /** @type {number} */ count,
  /** @type {Uint8Array} */ bytes,
  /** @type {readonly string[]} */ headers = [],
) {
  return async (/** @type {number} */ port) => {
    const all = await times(count, () => Raw.open(port, headers));
    await Promise.all(all.map((raw) => raw.write(bytes, 60_000)));
    await Promise.all(all.map(({ ended }) => ended));
  };
}

/** @type {Attack[]} */
export const ATTACKS = [
  {
    name: 'deflate bomb: 10 MB in 10 KB, one frame',
    options: { perMessageDeflate: true },
    connections: 50,
    bound: 50 * (UNDER_WAY + CONNECTION), // a share of the turn may end in the middle of each message
    expected: '1009',
    withinMs: 5_000,
    run: onEach(50, frame(OPCODE.binary, bomb, { compressed: true }), [DEFLATE]),
  },
  {
    name: 'deflate bomb in fragments of 16 bytes',
    options: { perMessageDeflate: true },
    connections: 20,
    bound: 20 * (UNDER_WAY + CONNECTION),
    expected: '1009',
    withinMs: 5_000,
    async run(port) {
      const all = await times(20, () => Raw.open(port, [DEFLATE]));
      for (let at = 0; at < bomb.length; at += 16) {
        const part = bomb.subarray(at, at + 16);
        const bytes =
          at === 0 ? frame(OPCODE.binary, part, { fin: false, compressed: true }) : fragment(part);
        for (const raw of all) raw.socket.write(bytes);
        await pause(1);
      }
      await Promise.all(all.map(({ ended }) => ended));
    },
  },
  {
    name: 'fragments of one byte, without end',
    connections: 20,
    bound: 20 * (3 * (MESSAGE / 16) + CHUNK + CONNECTION),
    expected: '1009',
    withinMs: 10_000,
    run: onEach(20, flood(Uint8Array.of(1), false, 131_000)),
  },
  {
    name: 'empty fragments, without end',
    connections: 20,
    bound: 20 * (CHUNK + CONNECTION),
    expected: '1009',
    withinMs: 10_000,
    run: onEach(20, flood(new Uint8Array(0), false, 131_000)),
  },
  {
    name: 'compressed empty fragments, without end',
    options: { perMessageDeflate: true },
    connections: 20,
    bound: 20 * (CHUNK + CONNECTION + COMPRESSION.codes),
    expected: '1009',
    withinMs: 10_000,
    run: onEach(20, flood(Uint8Array.of(0, 0, 0, 0xff, 0xff), true, 131_000), [DEFLATE]),
  },
  {
    name: 'windows filled, and left in the middle of a block',
    options: { perMessageDeflate: true },
    connections: 200,
    // A chunk each: while it waits for its turn to be read.
    bound: 200 * (CONNECTION + COMPRESSION.windows + COMPRESSION.codes + 2 * KIB + CHUNK),
    expected: '1006',
    withinMs: 10_000,
    async run(port) {
      const noise = crypto.getRandomValues(new Uint8Array(40_000));
      const whole = frame(OPCODE.binary, deflated(noise), { compressed: true });
      const text = 'the quick brown fox jumps over the lazy dog and back again '.repeat(20);
      const dynamic = deflated(Buffer.from([...text].sort(() => Math.random() - 0.5).join('')));
      const half = frame(OPCODE.binary, dynamic.subarray(0, dynamic.length / 2), {
        fin: false,
        compressed: true,
      });
      const all = await times(200, () => Raw.open(port, [DEFLATE]));
      await Promise.all(all.map((raw) => raw.write(Buffer.concat([whole, half]), 10_000)));
      await pause(1_000);
      for (const raw of all) raw.socket.destroy();
    },
  },
  {
    name: 'one byte in front of compressed blocks that hold nothing, and no end',
    options: { perMessageDeflate: true },
    connections: 200,
    bound: 200 * (CONNECTION + COMPRESSION.windows),
    expected: '1006',
    withinMs: 10_000,
    async run(port) {
      const blocks = Buffer.concat([
        deflated(Buffer.from('a')),
        Buffer.from('0000ffff', 'hex'),
        ...Array(12_000).fill(Buffer.from('000000ffff', 'hex')),
      ]);
      const bytes = frame(OPCODE.binary, blocks, { fin: false, compressed: true });
      const all = await times(200, () => Raw.open(port, [DEFLATE]));
      await Promise.all(all.map((raw) => raw.write(bytes, 10_000)));
      await pause(1_000);
      for (const raw of all) raw.socket.destroy();
    },
  },
  {
    name: 'a URL of 15 KB, a different one for each connection',
    connections: 200,
    bound: 200 * (CONNECTION + 16 * KIB),
    expected: '1006',
    withinMs: 10_000,
    async run(port) {
      let number = 1e15;
      const all = await times(200, () => Raw.open(port, [], { path: `/${number++}${'x'.repeat(15_000)}` }));
      await pause(1_000);
      for (const raw of all) raw.socket.destroy();
    },
  },
  {
    name: 'a message that comes byte by byte',
    options: { messageTimeoutMs: 2_000 },
    connections: 200,
    bound: 200 * CONNECTION,
    expected: '1008',
    withinMs: 4_000,
    async run(port) {
      const all = await times(200, () => Raw.open(port));
      for (const raw of all) raw.socket.write(frame(OPCODE.binary, new Uint8Array(1_000)).subarray(0, 100));
      const drip = setInterval(() => {
        for (const { socket } of all) if (socket.writable) socket.write(Uint8Array.of(0));
      }, 100);
      await Promise.all(all.map(({ ended }) => ended));
      clearInterval(drip);
    },
  },
  {
    name: 'pings, 32 MiB each, and nothing is read',
    connections: 10,
    bound: 10 * (2 * CHUNK + CHUNK + CONNECTION),
    expected: '1006',
    withinMs: 20_000,
    async run(port) {
      const pings = Buffer.concat(Array(512).fill(frame(OPCODE.ping, new Uint8Array(122))));
      const all = await times(10, () => Raw.open(port, [], { reads: false }));
      for (let i = 0; i < 512; i++) await Promise.all(all.map((raw) => raw.write(pings)));
      for (const raw of all) raw.socket.destroy();
    },
  },
  {
    name: '64-bit lengths: 2^63 and more',
    connections: 50,
    bound: 50 * CONNECTION,
    expected: '1002',
    withinMs: 2_000,
    run: onEach(50, Buffer.from('82ff800000000000000100000000', 'hex')),
  },
  {
    name: '64-bit lengths: 2^53 and more, in a sum of fragments',
    connections: 50,
    bound: 50 * CONNECTION,
    expected: '1009',
    withinMs: 2_000,
    run: onEach(50, Buffer.from('0281000000006100ff7fffffffffffffff00000000', 'hex')),
  },
  {
    name: 'a frame of 100 MB is claimed',
    connections: 100,
    bound: 100 * CONNECTION,
    expected: '1009',
    withinMs: 2_000,
    run: onEach(100, Buffer.from('82ff0000000005f5e10000000000', 'hex')),
  },
  {
    name: 'the same where 200 MB are allowed, and it never comes',
    options: { maxMessageBytes: 200 * MIB, idleTimeoutMs: 2_000, pingIntervalMs: 0, closeTimeoutMs: 500 },
    connections: 100,
    bound: 100 * CONNECTION,
    expected: '1001',
    withinMs: 5_000,
    run: onEach(100, Buffer.from('82ff0000000005f5e1000000000061', 'hex')),
  },
  {
    name: 'an eighth of a message of 1 MiB, and the rest never comes',
    options: { idleTimeoutMs: 2_000, pingIntervalMs: 0, closeTimeoutMs: 500 },
    connections: 100,
    bound: 100 * (MESSAGE + CHUNK + CONNECTION), // this is reserved; the process has only the pages that are written
    expected: '1001',
    withinMs: 5_000,
    run: onEach(
      100,
      Buffer.concat([Buffer.from('82ff000000000010000000000000', 'hex'), new Uint8Array(140 * KIB)]),
    ),
  },
  {
    name: 'slow handshakes: a byte now and then',
    options: { handshakeTimeoutMs: 2_000 },
    connections: 500,
    bound: 500 * CONNECTION,
    expected: 'never opened',
    withinMs: 5_000,
    async run(port) {
      const all = Array.from({ length: 500 }, () => new Raw(port));
      const head = request();
      let at = 0;
      const drip = setInterval(() => {
        for (const { socket } of all) if (!socket.destroyed) socket.write(head[at] ?? 'x');
        at = Math.min(at + 1, head.length - 3);
      }, 50);
      await Promise.all(all.map(({ ended }) => ended));
      clearInterval(drip);
    },
  },
  {
    name: 'resets at every byte of a handshake and of a message',
    options: { perMessageDeflate: true },
    connections: 1,
    bound: 100 * CONNECTION,
    expected: '1006',
    withinMs: 10_000,
    async run(port) {
      const message = frame(OPCODE.text, deflated(Buffer.from('a'.repeat(300))), { compressed: true });
      const head = Buffer.from(request([DEFLATE]));
      const all = Buffer.concat([head, message, frame(OPCODE.ping)]);
      for (let cut = 0; cut <= all.length; cut++) {
        const raw = new Raw(port);
        await raw.write(all.subarray(0, cut));
        await (cut < head.length ? new Promise(setImmediate) : raw.answered);
        raw.socket.resetAndDestroy();
        await raw.ended;
      }
    },
  },
  {
    name: 'slow readers of a fast broadcaster',
    options: { closeTimeoutMs: 1_000 },
    connections: 10,
    bound: 10 * (QUEUE_BUFFERS + CONNECTION),
    expected: '1008',
    withinMs: 10_000,
    broadcasts: true,
    async run(port) {
      const all = await times(10, () => Raw.open(port, [], { reads: false }));
      process.send?.('ready');
      await pause(6_000);
      for (const raw of all) raw.socket.destroy();
    },
  },
];
