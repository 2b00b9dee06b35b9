/**
 * Sockets that share the buffer they read into never see each other's bytes: connections of one server whose bytes are cut
 * anywhere and interleaved, and that pause, wait, send, fragment and end while others are read.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Message, WebSocket } from 'barewire';
import { OPCODE, serializeFrame } from 'barewire/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { request } from './support/raw-client.ts';
import { start } from './support/servers.ts';

const LENGTHS = [0, 1, 20, 125, 126, 1000, 65_535, 65_536, 200_000];

/** What one connection sends, and how the server reads it. */
const plan = fc.record({
  messages: fc.array(
    fc.record({
      length: fc.oneof(fc.constantFrom(...LENGTHS), fc.nat(3000)),
      isText: fc.boolean(),
      fragments: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  cuts: fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 90_000 })), {
    minLength: 1,
    maxLength: 12,
  }),
  reader: fc.constantFrom('handler', 'loop', 'pauses'),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

/** Content that no other connection, message or place has. */
function payload(connection: number, message: number, length: number, isText: boolean): Uint8Array {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) {
    const value = (connection * 31 + message * 7 + i * 13 + (i >>> 8)) & 0xff;
    bytes[i] = isText ? 97 + (value % 26) : value;
  }
  return bytes;
}

function framesOf({ messages }: Plan, connection: number): Buffer {
  return Buffer.concat(
    messages.flatMap(({ length, isText, fragments }, number) => {
      const bytes = payload(connection, number, length, isText);
      const size = Math.ceil(length / fragments);
      return Array.from({ length: fragments }, (_, i) => {
        const opcode = i > 0 ? OPCODE.continuation : isText ? OPCODE.text : OPCODE.binary;
        return serializeFrame(
          i === fragments - 1,
          opcode,
          bytes.subarray(i * size, (i + 1) * size),
          0x81726354 + i,
        );
      });
    }),
  );
}

/** Writes the bytes cut as planned, each piece in a turn of its own. */
async function send(port: number, path: number, bytes: Buffer, cuts: readonly number[]) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(request({}, `/${path}`));
  await once(socket, 'data');
  socket.resume(); // the echoes are not looked at here
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const to = from + cuts[i % cuts.length]!;
    if (!socket.write(bytes.subarray(from, to))) await once(socket, 'drain');
    await endOfTurn();
    from = to;
  }
  return socket;
}

test('nothing of one connection is ever seen by another', { timeout: 120_000 }, async () => {
  let plans: readonly Plan[] = [];
  let got: Message[][] = [];
  const take = (socket: WebSocket, number: number, message: Message) => {
    got[number]!.push(message); // kept: what came later must not change it
    socket.send(message);
    const other = sockets[(number + 1) % sockets.length];
    other?.send(message); // writes to another connection while this one is read
  };
  let sockets: WebSocket[] = [];
  const { port } = await start(
    { maxQueuedBytes: 64 * 1024 * 1024 },
    {
      async open(socket, { url }) {
        const number = Number(url?.slice(1));
        sockets[number] = socket;
        const { reader } = plans[number]!;
        if (reader === 'loop') {
          for await (const message of socket) {
            take(socket, number, message);
            await endOfTurn();
          }
          return;
        }
        socket.addEventListener('message', ({ data }) => {
          take(socket, number, data as Message);
          if (reader !== 'pauses') return;
          socket.pause();
          setImmediate(() => socket.resume());
        });
      },
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(plan, { minLength: 2, maxLength: 6 }), async (all) => {
      plans = all;
      got = all.map(() => []);
      sockets = [];
      const peers = await Promise.all(
        all.map((one, number) => send(port, number, framesOf(one, number), one.cuts)),
      );
      await eventually(() =>
        expect(got.map(({ length }) => length)).toEqual(all.map(({ messages }) => messages.length)),
      );
      for (const peer of peers) peer.destroy();
      for (const [number, { messages }] of all.entries())
        for (const [index, { length, isText }] of messages.entries()) {
          const sent = payload(number, index, length, isText);
          const message = got[number]![index]!;
          expect(typeof message === 'string').toBe(isText);
          expect(Buffer.compare(Buffer.from(message), sent)).toBe(0);
        }
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 40) },
  );
});
