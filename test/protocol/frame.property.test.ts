import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  frameHeaderLength,
  isControl,
  OPCODE,
  parseFrameHeader,
  serializeFrame,
  serializeFrameHeader,
} from '../../src/protocol/frame.ts';
import { applyMask } from '../../src/protocol/mask.ts';
import { anyBytes, anyMaskingKey, anyRole, fuzzTimeoutMs, runs } from '../support/arbitraries.ts';

const anyOpcode = fc.constantFrom(...Object.values(OPCODE));

/** Every length that a header can have and a number can hold, the borders of the three encodings above all. */
const anyLength = fc.oneof(
  fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 7, 2 ** 53 - 1),
  fc.nat(70_000),
  fc.maxSafeNat(),
);

test('a header is parsed as it was serialized', { timeout: fuzzTimeoutMs }, () => {
  fc.assert(
    fc.property(
      anyRole,
      fc.boolean(),
      fc.boolean(),
      anyOpcode,
      anyLength,
      anyMaskingKey,
      fc.nat(5),
      (receiver, fin, compressed, opcode, length, key, at) => {
        const control = isControl(opcode);
        const rsv1 = compressed && (opcode === OPCODE.text || opcode === OPCODE.binary);
        const wanted = {
          fin: fin || control,
          rsv1,
          opcode,
          payloadLength: control ? length % 126 : length,
          maskingKey: receiver === 'server' ? key : 0,
        };
        const bytes = new Uint8Array(at + 14);
        const maskingKey = receiver === 'server' ? key : undefined;
        const written = serializeFrameHeader(
          bytes,
          at,
          wanted.fin,
          opcode,
          wanted.payloadLength,
          maskingKey,
          rsv1,
        );
        expect(written).toBe(frameHeaderLength(wanted.payloadLength, receiver === 'server'));

        const header = { fin: false, rsv1: false, opcode: -1, payloadLength: -1, maskingKey: -1 };
        for (let end = at; end < at + written; end++)
          expect(parseFrameHeader(bytes, at, end, receiver, header, true)).toBe(0);
        expect(parseFrameHeader(bytes, at, bytes.length, receiver, header, true)).toBe(written);
        expect(header).toEqual(wanted);
      },
    ),
    { numRuns: runs(300) },
  );
});

test('a whole frame is parsed as it was serialized', { timeout: fuzzTimeoutMs }, () => {
  const payload = fc.oneof(anyBytes(), fc.uint8Array({ minLength: 120, maxLength: 300 }));
  fc.assert(
    fc.property(anyRole, fc.boolean(), payload, anyMaskingKey, (receiver, fin, payload, key) => {
      const frame = serializeFrame(fin, OPCODE.binary, payload, receiver === 'server' ? key : undefined);
      const header = { fin: false, rsv1: false, opcode: -1, payloadLength: -1, maskingKey: -1 };
      const at = parseFrameHeader(frame, 0, frame.length, receiver, header);
      applyMask(frame, at, frame.length, header.maskingKey);
      expect(header).toMatchObject({
        fin,
        rsv1: false,
        opcode: OPCODE.binary,
        payloadLength: payload.length,
      });
      expect(frame.slice(at)).toEqual(payload);
    }),
    { numRuns: runs(300) },
  );
});
