/**
 * Whatever comes, a connection ends where the rules say. With FUZZ_RUNS=100000 each of these properties is tried
 * that often.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionOptions } from '../../src/protocol/connection-options.ts';
import { VIOLATIONS } from '../../src/protocol/errors.ts';
import type { Role } from '../../src/protocol/frame.ts';
import {
  anyCuts,
  anyMaskingKey,
  arbitraryStream,
  fuzzTimeoutMs,
  mutatedStream,
  peerOf,
  runs,
  validStream,
} from '../support/arbitraries.ts';
import { cut, toHex } from '../support/vectors.ts';
import { Endpoint } from './endpoint.ts';
import { heldBytes } from './memory.ts';
import { type Answer, readAllAtOnce, readOutput } from './reference.ts';

const MAX_MESSAGE_BYTES = 100;
const roles: readonly Role[] = ['client', 'server'];
const timeout = fuzzTimeoutMs;

function endpointOf(role: Role, options: Partial<ConnectionOptions> = {}): Endpoint {
  return new Endpoint(role, { maxMessageBytes: MAX_MESSAGE_BYTES, ...options });
}

/** What every connection must be like, whatever has come to it and whatever was done with it. */
function expectStatedOutcome({ connection }: Endpoint, written: readonly Answer[]): void {
  const { state, sent, received, error } = connection;
  const closesAt = written.findIndex(({ opcode }) => opcode === 8);
  const afterClose = written.slice(closesAt + 1);
  if (sent === undefined) {
    expect(closesAt).toBe(-1);
    expect(['open', 'closed']).toContain(state);
    expect([received, error]).toEqual([undefined, undefined]);
    return;
  }
  expect(state).not.toBe('open');
  if (state === 'draining') expect(error !== undefined || received !== undefined).toBe(true);
  if (state === 'closing') expect([received, error]).toEqual([undefined, undefined]);
  const payload = sent.code === 1005 ? '' : toHex(Uint8Array.of(sent.code >>> 8, sent.code));
  expect(written[closesAt]?.payload.slice(0, 5)).toBe(payload);
  // One Close frame, and after it nothing but Pongs (§5.5.1, §5.5.2).
  expect(afterClose.every(({ opcode }) => opcode === 10)).toBe(true);
}

/** Connections that are still there when the memory is measured. */
const alive: Endpoint[] = [];
const MAX_ALIVE = 1000;
let created = 0;

function keepAlive(endpoint: Endpoint): void {
  alive[created++ % MAX_ALIVE] = endpoint;
}

let heldBefore = 0;
beforeAll(() => {
  heldBefore = heldBytes();
});

describe.each(roles)('a %s', (role) => {
  describe.each([
    ['arbitrary bytes', arbitraryStream(peerOf(role))],
    ['what a peer says, spoilt', mutatedStream(peerOf(role))],
  ])('that receives %s', (_, anyStream) => {
    test('never throws, and makes of it what the rules say, however TCP cuts it', { timeout }, () => {
      fc.assert(
        fc.property(anyStream, anyCuts, (bytes, cuts) => {
          const endpoint = endpointOf(role).receive(...cut(bytes, cuts));
          keepAlive(endpoint);
          const { connection, violation } = endpoint;
          const expected = readAllAtOnce(bytes, role, MAX_MESSAGE_BYTES);
          expect(endpoint.events).toEqual(expected.events);
          expect(violation).toBe(expected.violation);
          expect(connection.received).toEqual(expected.close);

          const written = readOutput(connection.takeOutput(), role);
          const hasEnded = expected.violation !== undefined || expected.close !== undefined;
          expect(connection.state).toBe(hasEnded ? 'draining' : 'open');
          if (violation !== undefined) expect(connection.sent?.code).toBe(VIOLATIONS[violation].closeCode);
          expect(written.slice(0, expected.answers.length)).toEqual(expected.answers);
          expect(written.length).toBe(expected.answers.length + (violation === undefined ? 0 : 1));
          expectStatedOutcome(endpoint, written);
        }),
        { numRuns: runs(400) },
      );
    });

    test('never throws and has a stated outcome, whatever is done with it meanwhile', { timeout }, () => {
      const anyAct = fc.constantFrom<Act>(...ACTS);
      fc.assert(
        fc.property(
          anyStream,
          anyCuts,
          fc.array(anyAct, { maxLength: 20 }),
          anyMaskingKey,
          (bytes, cuts, acts, key) => {
            const endpoint = endpointOf(role, { maskingKey: () => key });
            const { connection } = endpoint;
            const taken: Uint8Array[] = [];
            const todo = [...acts];
            const act = () => perform(todo.shift() ?? 'nothing', endpoint, taken);
            endpoint.onEvent = act;
            for (const chunk of cut(bytes, cuts)) {
              for (let offset = 0; offset < chunk.length; ) {
                connection.paused = false;
                act();
                const stopped = connection.receive(chunk, offset);
                if (stopped < chunk.length)
                  expect(connection.paused && connection.state === 'open').toBe(true);
                offset = stopped;
                if (todo.length === 0) connection.paused = false;
              }
            }
            taken.push(connection.takeOutput());
            expectStatedOutcome(endpoint, readOutput(Buffer.concat(taken), role));
            connection.transportEnded();
            expect(connection.state).toBe('closed');
          },
        ),
        { numRuns: runs(200) },
      );
    });
  });

  test('makes the same of a valid stream however TCP cuts it', { timeout }, () => {
    fc.assert(
      fc.property(validStream(peerOf(role)), anyCuts, anyCuts, (bytes, cuts, otherCuts) => {
        const [one, other] = [cuts, otherCuts].map((lengths) =>
          endpointOf(role).receive(...cut(bytes, lengths)),
        );
        expect(one!.events).toEqual(other!.events);
        expect(one!.violation).toBeUndefined();
        expect(one!.connection.state).toBe(other!.connection.state);
        expect(one!.connection.received).toEqual(other!.connection.received);
        expect(one!.output()).toBe(other!.output());
      }),
      { numRuns: runs(300) },
    );
  });

  test('makes the same of a stream when it is paused after every event', { timeout }, () => {
    fc.assert(
      fc.property(mutatedStream(peerOf(role)), anyCuts, (bytes, cuts) => {
        const straight = endpointOf(role).receive(bytes);
        const halting = endpointOf(role);
        const { connection } = halting;
        halting.onEvent = () => {
          connection.paused = true;
        };
        for (const chunk of cut(bytes, cuts)) {
          for (let offset = 0; offset < chunk.length; ) {
            const before = halting.events.length;
            connection.paused = false;
            offset = connection.receive(chunk, offset);
            const messages = halting.events.slice(before).filter((event) => !/^(ping|pong)/.test(event));
            expect(messages.length).toBeLessThanOrEqual(1);
          }
        }
        expect(halting.events).toEqual(straight.events);
        expect(connection.state).toBe(straight.connection.state);
        expect(halting.output()).toBe(straight.output());
      }),
      { numRuns: runs(200) },
    );
  });
});

const ACTS = [
  'nothing',
  'send text',
  'send binary',
  'ping',
  'pause',
  'congest',
  'relieve',
  'take output',
  'close',
  'fail',
  'end',
] as const;
type Act = (typeof ACTS)[number];

/** What a user of a connection may do at any time. */
function perform(act: Act, { connection }: Endpoint, taken: Uint8Array[]): void {
  if (act === 'send text') connection.send('é');
  if (act === 'send binary') connection.send(Uint8Array.of(1));
  if (act === 'ping') connection.ping(Uint8Array.of(2));
  if (act === 'pause') connection.paused = true;
  if (act === 'congest') connection.congested = true;
  if (act === 'relieve') connection.congested = false;
  if (act === 'take output') taken.push(connection.takeOutput());
  if (act === 'close') connection.close(1000, 'bye');
  if (act === 'fail') connection.fail(new Error('some reason'));
  if (act === 'end') connection.transportEnded();
}

/**
 * Beside the connections kept alive, the code that was compiled and the test's own records stay. A leak of 100 bytes
 * a run would show at 100,000 runs of four properties.
 */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

afterAll(() => {
  alive.length = 0;
});

test('after all that, no more memory is held than before', { timeout }, () => {
  const held = heldBytes() - heldBefore;
  if (process.env['FUZZ_RUNS'] !== undefined) {
    const mebibytes = (held / 1024 / 1024).toFixed(1);
    console.log(
      `${created} connections made; ${alive.length} alive hold, with all else, ${mebibytes} MiB more`,
    );
  }
  expect(alive.length).toBeGreaterThan(0);
  expect(held).toBeLessThan(MAX_HELD_BYTES);
});
