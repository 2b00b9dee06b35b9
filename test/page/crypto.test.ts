/** Encrypted texts: who has the key reads them, and nothing of them can be moved. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importKey, newKey, seal, sealedBytes, unseal } from '../../public/crypto.js';

const CONTEXT = { room: 'e-plans', id: '0f6b', sender: 'ada', target: 0 };

async function key(): Promise<CryptoKey> {
  const made = await importKey(newKey());
  if (made === undefined) throw new Error('a new key is none');
  return made;
}

test('a text comes back as it was, whatever it is', async () => {
  const secret = await key();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
      const sealed = await seal(secret, CONTEXT, text);
      expect(sealed).toMatch(/^[\w-]+$/);
      expect(sealed.length).toBe(sealedBytes(new TextEncoder().encode(text).length));
      expect(await unseal(secret, CONTEXT, sealed)).toBe(text);
    }),
  );
});

test('the same text is never sealed the same way twice', async () => {
  const secret = await key();
  expect(await seal(secret, CONTEXT, 'yes')).not.toBe(await seal(secret, CONTEXT, 'yes'));
});

test.each([
  ['room', { room: 'e-other' }],
  ['message', { id: '0f6c' }],
  ['sender', { sender: 'eve' }],
  ['target', { target: 3 }],
])('it cannot be moved to another %s', async (_what, other) => {
  const secret = await key();
  const sealed = await seal(secret, CONTEXT, 'yes');
  expect(await unseal(secret, { ...CONTEXT, ...other }, sealed)).toBeUndefined();
});

test('nobody reads it with another key, or when a character of it is another one', async () => {
  const secret = await key();
  const sealed = await seal(secret, CONTEXT, 'yes');
  expect(await unseal(await key(), CONTEXT, sealed)).toBeUndefined();
  for (let at = 0; at < sealed.length - 1; at++) {
    const other = sealed[at] === 'A' ? 'B' : 'A';
    expect(await unseal(secret, CONTEXT, sealed.slice(0, at) + other + sealed.slice(at + 1))).toBeUndefined();
  }
  for (const none of ['', 'A', '!!', sealed.slice(0, 20)]) {
    expect(await unseal(secret, CONTEXT, none)).toBeUndefined();
  }
});

test.each(['', 'short', '!'.repeat(43)])('no key: "%s"', async (text) => {
  expect(await importKey(text)).toBeUndefined();
});
