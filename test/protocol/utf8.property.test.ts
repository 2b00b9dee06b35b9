import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Utf8Validator } from '../../src/protocol/utf8.ts';
import { almostUtf8, anyBytes, anyCuts, anyText, fuzzTimeoutMs, runs } from '../support/arbitraries.ts';
import { concat, cut } from '../support/vectors.ts';

const strict = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isText(bytes: Uint8Array): boolean {
  try {
    strict().decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Whether these bytes, in these pieces, are a whole text. */
function accepts(pieces: readonly Uint8Array[]): boolean {
  const validator = new Utf8Validator();
  return pieces.every((piece) => validator.accept(piece, 0, piece.length)) && validator.isComplete;
}

/** Bytes of all sorts, long enough at times for the check of whole runs. */
const anyInput = fc.oneof(
  almostUtf8(),
  anyBytes(),
  fc.tuple(anyText(60), almostUtf8(), anyText(60)).map(([before, odd, after]) => {
    const encoder = new TextEncoder();
    return concat([encoder.encode(before), odd, encoder.encode(after)]);
  }),
);

test('agrees with TextDecoder about any bytes, however they are cut', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(anyInput, anyCuts, (bytes, cuts) => {
      expect(accepts(cut(bytes, cuts))).toBe(isText(bytes));
    }),
    { numRuns: runs(1000) },
  );
});

test('accepts every text, however it is cut', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(anyText(100), anyCuts, (text, cuts) => {
      expect(accepts(cut(new TextEncoder().encode(text), cuts))).toBe(true);
    }),
    { numRuns: runs(300) },
  );
});

/** Enough to complete every beginning of a character: a second byte that fits each lead byte, then any. */
const COMPLETIONS = [
  [],
  ...[0x80, 0x90, 0xa0].flatMap((second) => [[second], [second, 0x80], [second, 0x80, 0x80]]),
].map((bytes) => Uint8Array.from(bytes));

test('fails at the first byte after which no bytes could make it a text', { timeout: fuzzTimeoutMs }, () => {
  const isExtendable = (prefix: Uint8Array) =>
    COMPLETIONS.some((completion) => isText(concat([prefix, completion])));
  fc.assert(
    fc.property(fc.oneof(almostUtf8(5), anyBytes(6)), (bytes) => {
      const validator = new Utf8Validator();
      for (let end = 1; end <= bytes.length; end++) {
        const accepted = validator.accept(bytes, end - 1, end);
        expect(accepted).toBe(isExtendable(bytes.subarray(0, end)));
        if (!accepted) return;
      }
    }),
    { numRuns: runs(200) },
  );
});

test('fails in the piece that holds that byte, long or short', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(anyInput, anyCuts, (bytes, cuts) => {
      const validator = new Utf8Validator();
      const decoder = strict();
      for (const piece of cut(bytes, cuts)) {
        let valid = true;
        try {
          decoder.decode(piece, { stream: true });
        } catch {
          valid = false;
        }
        expect(validator.accept(piece, 0, piece.length)).toBe(valid);
        if (!valid) return;
      }
    }),
    { numRuns: runs(500) },
  );
});
