import { describe, expect, test } from 'vitest';
import { MAX_TOKENS, MatchFinder } from '../../../src/protocol/permessage-deflate/match-finder.ts';
import { distanceOf, FIRST_MATCH, lengthOf } from '../../../src/protocol/permessage-deflate/tokens.ts';
import { SlidingWindow } from '../../../src/protocol/permessage-deflate/window.ts';
import { bytesOf } from './codec.ts';

const tokens = new Uint32Array(MAX_TOKENS);

/** A message's tokens, a letter or `length@distance` each. */
function find(finder: MatchFinder, text: string, maxDistance = 32_768): string {
  const bytes = bytesOf(text);
  finder.begin(bytes, 0, bytes.length, maxDistance);
  const found: string[] = [];
  while (finder.next < bytes.length) {
    for (const token of tokens.subarray(0, finder.tokenize(tokens))) {
      found.push(
        token < FIRST_MATCH ? String.fromCharCode(token) : ` ${lengthOf(token)}@${distanceOf(token)} `,
      );
    }
  }
  finder.finish();
  return found.join('');
}

describe('MatchFinder', () => {
  test.each([
    ['', ''],
    ['abc', 'abc'],
    ['abcabcabc', 'abc 6@3 '],
    ['aaaaaaaaaa', 'a 9@1 '],
    ['abcdefgh-abcdefgh', 'abcdefgh- 8@9 '],
    ['abcd-abcdX', 'abcd- 4@5 X'],
    ['abc-abcX', 'abc-abcX'],
  ])('finds in %j: %s', (text, expected) => {
    expect(find(new MatchFinder(), text)).toBe(expected);
  });

  test('§4: takes a literal when the match that begins with the next byte is longer', () => {
    expect(find(new MatchFinder(), 'abcd1bcdefghi2abcdefghi')).toBe(
      'abcd1bcdefghi2a 8@9 '.replace('8@9', '8@10'),
    );
  });

  test('finds nothing in earlier messages without a window', () => {
    const finder = new MatchFinder();
    expect(find(finder, 'abcdefgh')).toBe('abcdefgh');
    expect(find(finder, 'abcdefgh')).toBe('abcdefgh');
  });

  test('finds what earlier messages said, and what goes on from there into this one', () => {
    const finder = new MatchFinder(new SlidingWindow(32_768));
    expect(find(finder, 'abcdefgh')).toBe('abcdefgh');
    expect(find(finder, 'abcdefgh')).toBe(' 8@8 ');
    expect(find(finder, 'defghabcdefghabc-')).toBe(' 13@13 abc-');
  });

  test('finds nothing farther back than it is told', () => {
    const text = `abcdefgh${'.'.repeat(248)}abcdefgh`;
    expect(find(new MatchFinder(), text, 256)).toMatch(/ 8@256 $/);
    expect(find(new MatchFinder(), text.replace('h.', 'h-.'), 256)).toMatch(/abcdefgh$/);
  });

  test('ends a block after many tokens, and goes on in the next', () => {
    const text = Array.from({ length: 20_000 }, (_, i) =>
      String.fromCharCode(33 + (((i * i * 7919) >>> 5) % 90)),
    ).join('');
    const bytes = bytesOf(text);
    const finder = new MatchFinder();
    finder.begin(bytes, 0, bytes.length, 32_768);
    const ends: number[] = [];
    while (finder.next < bytes.length) {
      expect(finder.tokenize(tokens)).toBeLessThanOrEqual(MAX_TOKENS);
      ends.push(finder.next);
    }
    expect(ends.at(-1)).toBe(bytes.length);
  });
});
