import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputBuffer } from '../../src/protocol/output-buffer.ts';
import { outputMemory } from '../../src/protocol/output-memory.ts';
import { fuzzTimeoutMs, runs } from '../support/arbitraries.ts';
import { concat } from '../support/vectors.ts';

/** One of a few connections writes some bytes, having asked for more room than it needs, or gives its output away, or gets it back. */
const step = fc.record({
  who: fc.nat(3),
  byteLength: fc.oneof(fc.nat(40), fc.nat(40), fc.nat(5_000), fc.nat(70_000)),
  spare: fc.oneof(fc.constant(0), fc.nat(300)),
  takes: fc.constantFrom('not', 'for good', 'and gives back'),
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
        if (takes === 'not') return;
        const bytesTaken = output.take();
        taken.push(takes === 'for good' ? bytesTaken : new Uint8Array(bytesTaken));
        if (takes === 'and gives back') outputMemory.giveBack(bytesTaken);
      });
      for (const { output, written, taken } of connections) {
        expect(Buffer.compare(concat([...taken, output.take()]), concat(written))).toBe(0);
      }
    }),
    { numRuns: runs(200) },
  );
});
