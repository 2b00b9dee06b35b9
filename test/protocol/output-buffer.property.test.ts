import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputBuffer } from '../../src/protocol/output-buffer.ts';
import { fuzzTimeoutMs, runs } from '../support/arbitraries.ts';
import { concat } from '../support/vectors.ts';

/** One of a few connections writes some bytes, having asked for more room than it needs, or gives its output away. */
const step = fc.record({
  who: fc.nat(3),
  byteLength: fc.oneof(fc.nat(40), fc.nat(5_000)),
  spare: fc.oneof(fc.constant(0), fc.nat(300)),
  takes: fc.boolean(),
});

test('however connections take turns, each gives away what it was given, and nothing of that changes afterwards', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const connections = [0, 1, 2, 3].map(() => ({
        output: new OutputBuffer(),
        written: [] as Uint8Array[],
        taken: [] as Uint8Array[],
      }));
      steps.forEach(({ who, byteLength, spare, takes }, i) => {
        const { output, written, taken } = connections[who]!;
        const bytes = new Uint8Array(byteLength).fill(i + 1);
        output.reserve(byteLength + spare).set(bytes, output.end);
        output.advance(byteLength);
        written.push(bytes);
        if (takes) taken.push(output.take());
      });
      for (const { output, written, taken } of connections) {
        expect(concat([...taken, output.take()])).toEqual(concat(written));
      }
    }),
    { numRuns: runs(200) },
  );
});
