import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError, type ViolationId } from '../../src/protocol/errors.ts';
import { OPCODE, serializeFrame } from '../../src/protocol/frame.ts';
import {
  anyCuts,
  anyFragments,
  anyMessage,
  anyRole,
  fuzzTimeoutMs,
  peerOf,
  runs,
  serializeFrames,
} from '../support/arbitraries.ts';
import { cut, cutEverywhere } from '../support/vectors.ts';
import { describeMessage, Endpoint } from './endpoint.ts';

test('messages arrive as they were sent, in any fragments with control frames between, however TCP cuts them', {
  timeout: fuzzTimeoutMs,
}, () => {
  const anySaid = anyMessage(120).chain((message) =>
    anyFragments(message).map((frames) => ({ message, frames })),
  );
  fc.assert(
    fc.property(anyRole, fc.array(anySaid, { maxLength: 4 }), anyCuts, (role, said, cuts) => {
      const wire = serializeFrames(
        said.flatMap(({ frames }) => frames),
        peerOf(role),
        [0x37fa213d],
      );
      const { events, connection } = new Endpoint(role).receive(...cut(wire, cuts));
      const messages = events.filter((event) => !/^p[io]ng/.test(event));
      expect(messages).toEqual(said.map(({ message }) => describeMessage(message)));
      expect(connection.state).toBe('open');
    }),
    { numRuns: runs(300) },
  );
});

/** At which byte of a message in fragments of these lengths a limit is broken, and which; undefined if none is. */
function expectedFailure(
  lengths: readonly number[],
  limit: number,
): { at: number; id: ViolationId } | undefined {
  let at = 0;
  let total = 0;
  for (const length of lengths) {
    at += length < 126 ? 2 : 4;
    total += length;
    if (total > limit) return { at, id: 'message-too-big' };
    at += length;
  }
  return undefined;
}

test('at no prefix has a message under way more bytes than the limit: the header that claims them is refused', {
  timeout: fuzzTimeoutMs,
}, () => {
  const lengths = fc.array(fc.oneof(fc.nat(5), fc.nat(200)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(lengths, fc.nat(300), (lengths, limit) => {
      const frames = lengths.map((length, i) =>
        serializeFrame(
          i === lengths.length - 1,
          i === 0 ? OPCODE.text : 0,
          new Uint8Array(length).fill(0x61),
        ),
      );
      const expected = expectedFailure(lengths, limit);
      const endpoint = new Endpoint('client', { maxMessageBytes: limit });
      cutEverywhere(Buffer.concat(frames)).forEach((byte, i) => {
        endpoint.receive(byte);
        const failed = expected !== undefined && i + 1 >= expected.at;
        if (endpoint.connection.state !== (failed ? 'draining' : 'open')) expect.fail(`at byte ${i}`);
      });
      const { error } = endpoint.connection;
      expect(error instanceof ProtocolError ? error.violation : undefined).toBe(expected?.id);
      expect(endpoint.events.length).toBe(expected === undefined ? 1 : 0);
    }),
    { numRuns: runs(300) },
  );
});

test('at no prefix has a message under way more fragments than the limit', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 16 }),
      fc.integer({ min: -3, max: 3 }),
      (maxMessageBytes, off) => {
        const limit = Math.floor(Math.max(1024, maxMessageBytes / 16));
        const endpoint = new Endpoint('client', { maxMessageBytes }).receive('01 00');
        for (let fragments = 2; fragments <= limit + off; fragments++) endpoint.receive(Uint8Array.of(0, 0));
        expect(endpoint.violation).toBe(off > 0 ? 'too-many-fragments' : undefined);
      },
    ),
    { numRuns: Math.min(runs(30), 1000) },
  );
});
