import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Deflater, deflateIndependently } from '../../../src/protocol/permessage-deflate/deflate.ts';
import { fuzzTimeoutMs, runs } from '../../support/arbitraries.ts';
import { concat } from '../../support/vectors.ts';
import { anyMessageBytes, anyMessages } from './arbitraries.ts';
import { deflateAll, deflateMessage, inflateAll, newBuffer, zlibInflate } from './codec.ts';

const anyOptions = fc.record({ windowBits: fc.integer({ min: 8, max: 15 }), contextTakeover: fc.boolean() });
const NOTHING = new Uint8Array(0);

test('what is deflated is inflated as it was, by zlib and by our own inflater', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(anyMessages, anyOptions, (messages, options) => {
      const compressed = deflateAll(messages, options);
      // Our inflater refuses every distance beyond the window.
      inflateAll(compressed, options).forEach((inflated, i) => {
        expect(Buffer.compare(inflated, messages[i]!)).toBe(0);
      });
      let window: Uint8Array = NOTHING;
      compressed.forEach((message, i) => {
        const inflated = zlibInflate(message, window, options.windowBits);
        expect(inflated !== undefined && Buffer.compare(inflated, messages[i]!) === 0).toBe(true);
        if (options.contextTakeover)
          window = concat([window, messages[i]!]).slice(-(2 ** options.windowBits));
      });
    }),
    { numRuns: runs(200) },
  );
});

test('what is deflated is never much larger than it was', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(anyMessages, anyOptions, (messages, options) => {
      deflateAll(messages, options).forEach((compressed, i) => {
        const { length } = messages[i]!;
        expect(compressed.length).toBeLessThanOrEqual(length + 6 + 5 * Math.floor(length / 16_384));
      });
    }),
    { numRuns: runs(200) },
  );
});

test('alone, the same message always becomes the same bytes, wherever it lies and whatever came before', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(
      anyMessages,
      anyMessageBytes,
      fc.integer({ min: 8, max: 15 }),
      (others, message, windowBits) => {
        const first = deflateIndependently(message, windowBits);
        const deflater = new Deflater({ windowBits, contextTakeover: false });
        for (const other of others) deflateMessage(deflater, other);
        expect(Buffer.compare(deflateMessage(deflater, message), first)).toBe(0);
        const chunk = concat([...others, message, NOTHING]);
        const output = newBuffer();
        deflater.deflate(chunk, chunk.length - message.length, chunk.length, output);
        expect(Buffer.compare(output.take(), first)).toBe(0);
        // A receiver with a bigger window may be told the same.
        expect(Buffer.compare(inflateAll([first])[0]!, message)).toBe(0);
      },
    ),
    { numRuns: runs(200) },
  );
});
