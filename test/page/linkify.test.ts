/** Links in texts: what is one, where it ends, and what never is one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linkify } from '../../public/linkify.js';

const linksIn = (text: string) => linkify(text).flatMap(({ href, text: shown }) => (href ? [shown] : []));

test.each([
  ['https://example.com', ['https://example.com']],
  ['see http://example.com/a?b=c#d.', ['http://example.com/a?b=c#d']],
  ['(https://example.com/a_(b))', ['https://example.com/a_(b)']],
  ['"https://example.com", https://example.org!', ['https://example.com', 'https://example.org']],
  ['看https://example.com/这里', ['https://example.com/']],
  ['https://example.com。好', ['https://example.com']],
  ['https://[::1]:8080/x', ['https://[::1]:8080/x']],
])('%s', (text, links) => {
  expect(linksIn(text)).toEqual(links);
});

test.each([
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'ftp://example.com',
  'https://',
  'https://bank.example@evil.example/',
  'xhttps://example.com',
  'example.com',
])('no link: %s', (text) => {
  expect(linksIn(text)).toEqual([]);
});

test('the parts are the text, and each link leads where its text says', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.constantFrom('https://', 'http:', '@', ')', '(', ' ', '。', 'javascript:', '"', '<a href='),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      const parts = linkify(text);
      expect(parts.map((part) => part.text).join('')).toBe(text);
      for (const { href, text: shown } of parts) {
        if (href === undefined) continue;
        expect(href).toBe(new URL(shown).href);
        expect(href).toMatch(/^https?:\/\//);
      }
    }),
  );
});
