import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CLOSE_CODE,
  MAX_REASON_BYTES,
  mayBeSent,
  parseClosePayload,
  serializeClosePayload,
} from '../../src/protocol/close.ts';
import { anyText, fuzzTimeoutMs, runs } from '../support/arbitraries.ts';
import { fromHex, toHex } from '../support/vectors.ts';

const parse = (hex: string) => {
  const bytes = fromHex(hex);
  return parseClosePayload(bytes, 0, bytes.length);
};

describe('close codes', () => {
  test('of all 16-bit numbers, 1000–1003, 1007–1014 and 3000–4999 may be sent', () => {
    const allowed = Array.from({ length: 0x1_0000 }, (_, code) => code).filter(mayBeSent);
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    expect(allowed).toEqual([...range(1000, 1003), ...range(1007, 1014), ...range(3000, 4999)]);
  });

  test.each([
    [1004, 'has no meaning yet'],
    [1005, 'means that there was no code'],
    [1006, 'means that there was no Close frame'],
    [1015, 'means that TLS failed'],
  ])('%i, which %s, is only for reporting', (code) => {
    expect(mayBeSent(code)).toBe(false);
  });

  test.each([Number.NaN, -1000, 1000.5, 3000 + 2 ** 16, Number.POSITIVE_INFINITY])(
    '%d is no code',
    (code) => {
      expect(mayBeSent(code)).toBe(false);
    },
  );

  test('of the names, only those for reporting may not be sent', () => {
    const reported = Object.entries(CLOSE_CODE).filter(([, code]) => !mayBeSent(code));
    expect(reported).toEqual([
      ['noCode', 1005],
      ['abnormal', 1006],
    ]);
  });

  test('a reason has the room that a control frame leaves beside the code', () => {
    expect(MAX_REASON_BYTES).toBe(125 - 2);
  });
});

describe('the payload of a Close frame', () => {
  test('is read as a code and a reason', () => {
    expect(parse('03 e8')).toEqual({ code: 1000, reason: '' });
    expect(parse('0f a0 62 79 65')).toEqual({ code: 4000, reason: 'bye' });
    expect(parse('03 e9 c3 a9 f0 9f 91 8b')).toEqual({ code: 1001, reason: 'é👋' });
  });

  test('is read as 1005 where it is empty', () => {
    expect(parse('')).toEqual({ code: 1005, reason: '' });
  });

  test('is read from the middle of a chunk, without the bytes around it', () => {
    const chunk = fromHex('ff 03 e8 6f 6b ff');
    expect(parseClosePayload(chunk, 1, 5)).toEqual({ code: 1000, reason: 'ok' });
    expect(parseClosePayload(chunk, 3, 3)).toEqual({ code: 1005, reason: '' });
  });

  test('keeps U+FEFF at the beginning of the reason', () => {
    expect(parse('03 e8 ef bb bf 61').reason).toBe('\uFEFFa');
  });

  test.each([
    ['03', 'close-payload-too-short'],
    ['03 ed', 'invalid-close-code'],
    ['00 00', 'invalid-close-code'],
    ['03 e8 ff', 'invalid-close-reason'],
    ['03 e8 ed a0 80', 'invalid-close-reason'],
  ])('%s breaks the rule %s', (hex, violation) => {
    expect(() => parse(hex)).toThrow(expect.objectContaining({ violation }));
  });

  test('is written with the code in network byte order', () => {
    expect(toHex(serializeClosePayload({ code: 1000, reason: '' }))).toBe('03 e8');
    expect(toHex(serializeClosePayload({ code: 4999, reason: 'é' }))).toBe('13 87 c3 a9');
  });

  test('is empty for 1005', () => {
    expect(serializeClosePayload({ code: 1005, reason: '' })).toEqual(new Uint8Array(0));
  });

  test('is written with U+FFFD for a lone surrogate', () => {
    expect(toHex(serializeClosePayload({ code: 1000, reason: '\ud800' }))).toBe('03 e8 ef bf bd');
  });

  test('is read as it was written', { timeout: fuzzTimeoutMs }, () => {
    const code = fc.integer({ min: 0, max: 0xffff }).filter((one) => one === 1005 || mayBeSent(one));
    fc.assert(
      fc.property(code, anyText(), (code, text) => {
        const frame = { code, reason: code === 1005 ? '' : text };
        const payload = serializeClosePayload(frame);
        expect(parseClosePayload(payload, 0, payload.length)).toEqual(frame);
      }),
      { numRuns: runs(200) },
    );
  });
});
