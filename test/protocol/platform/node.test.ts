import { describe, expect, test } from 'vitest';
import * as platform from '../../../src/protocol/platform/node.ts';
import { fromHex, toHex } from '../../support/vectors.ts';
import { describePlatform } from './describe-platform.ts';

describePlatform('node', platform);

describe('what Node does faster', () => {
  const LONG = 'a'.repeat(60); // beyond what a loop in JavaScript is faster for

  test.each([
    ['short and ASCII', 'Hello', '48 65 6c 6c 6f'],
    ['short and not ASCII from some character on', 'aé', '61 c3 a9'],
    ['long and ASCII', LONG, '61 '.repeat(60).trimEnd()],
    ['long and not ASCII', `${LONG}é`, `${'61 '.repeat(60)}c3 a9`],
  ])('text that is %s is written and read the same way', (_, text, hex) => {
    const into = new Uint8Array(100).fill(0xee);
    const written = platform.encodeUtf8(text, into, 3);
    expect(toHex(into.subarray(0, 3 + written + 1))).toBe(`ee ee ee ${hex} ee`);
    expect(platform.decodeIfUtf8(into, 3, 3 + written)).toBe(text);
    expect(platform.decodeUtf8(into, 3, 3 + written)).toBe(text);
  });

  test('bytes above 7F are never taken for Latin-1', () => {
    expect(platform.decodeIfUtf8(fromHex('61 e9'), 0, 2)).toBeUndefined();
    expect(platform.decodeIfUtf8(fromHex('c3 a9'), 0, 2)).toBe('é');
  });
});
