import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteBuffer } from '../../src/protocol/byte-buffer.ts';
import { fuzzTimeoutMs, runs } from '../support/arbitraries.ts';
import { concat } from '../support/vectors.ts';

const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 200 })), {
  maxLength: 60,
});

test('what is taken is what was appended', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(pieces, fc.nat(20_000), (all, expected) => {
      const bytes = new ByteBuffer((byteLength) => new Uint8Array(byteLength));
      for (const piece of all) bytes.append(piece, 0, piece.length, expected);
      expect(bytes.length).toBe(concat(all).length);
      expect(bytes.take()).toEqual(concat(all));
    }),
    { numRuns: runs(200) },
  );
});

test('after every piece it has allocated at most eight times what came, whatever was claimed', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(), { minLength: 1 }), (all, claims) => {
      const bytes = new ByteBuffer((byteLength) => new Uint8Array(byteLength));
      all.forEach((piece, i) => {
        bytes.append(piece, 0, piece.length, claims[i % claims.length]);
        expect(bytes.bytes.length).toBeLessThanOrEqual(8 * bytes.length);
      });
    }),
    { numRuns: runs(200) },
  );
});

test('without a claim it has allocated at most twice what came', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(pieces, (all) => {
      const bytes = new ByteBuffer((byteLength) => new Uint8Array(byteLength));
      for (const piece of all) {
        bytes.append(piece, 0, piece.length);
        expect(bytes.bytes.length).toBeLessThanOrEqual(2 * bytes.length);
      }
    }),
    { numRuns: runs(200) },
  );
});

test('with an honest claim it never allocates more than that', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(pieces, (all) => {
      const expected = concat(all).length;
      const bytes = new ByteBuffer((byteLength) => new Uint8Array(byteLength));
      for (const piece of all) {
        bytes.append(piece, 0, piece.length, expected);
        expect(bytes.bytes.length).toBeLessThanOrEqual(expected);
      }
    }),
    { numRuns: runs(200) },
  );
});

test('copying is linear: all that was ever allocated is a small multiple of what came', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(pieces, pieces, (fragments, last) => {
      let allocated = 0;
      const bytes = new ByteBuffer((byteLength) => {
        allocated += byteLength;
        return new Uint8Array(byteLength);
      });
      for (const piece of fragments) bytes.append(piece, 0, piece.length);
      expect(allocated).toBeLessThanOrEqual(4 * bytes.length);
      // As with a message: how long it will be is known when its last frame begins.
      const finalLength = bytes.length + concat(last).length;
      for (const piece of last) bytes.append(piece, 0, piece.length, finalLength);
      expect(allocated).toBeLessThanOrEqual(7 * finalLength);
    }),
    { numRuns: runs(200) },
  );
});
