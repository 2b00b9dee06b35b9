import { expect, test } from 'vitest';
import { acceptOffer, offer } from '../../src/protocol/permessage-deflate/negotiation.ts';
import { agreementOf } from '../../src/socket/agreement.ts';
import { heldBytes } from '../protocol/memory.ts';

test('without compression there are no extensions', () => {
  expect(agreementOf('ws://a/b', 'chat', undefined)).toEqual({
    url: 'ws://a/b',
    protocol: 'chat',
    extensions: '',
  });
});

test('with compression the extensions are those of the header', () => {
  const terms = { windowBits: 12, peerWindowBits: 10, contextTakeover: false, peerContextTakeover: true };
  const deflate = acceptOffer([offer(terms)], { ...terms, peerWindowBits: 12 });
  expect(agreementOf('ws://a/', '', deflate).extensions).toBe(
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=12',
  );
});

test('the latest one is returned where it is the same', () => {
  const terms = { windowBits: 12, peerWindowBits: 12, contextTakeover: true, peerContextTakeover: true };
  const deflate = acceptOffer([offer(terms)], terms);
  const latest = agreementOf('ws://a/b', 'chat', undefined);
  expect(agreementOf('ws://a/b', 'chat', undefined, latest)).toBe(latest);
  expect(agreementOf('ws://a/c', 'chat', undefined, latest).url).toBe('ws://a/c');
  expect(agreementOf('ws://a/b', '', undefined, latest).protocol).toBe('');
  expect(agreementOf('ws://a/b', 'chat', deflate, latest).extensions).toMatch(/^permessage-deflate/);
});

test('a subprotocol does not keep the header alive that it was cut from', () => {
  const before = heldBytes();
  const all = Array.from({ length: 200 }, (_, i) => {
    const header = Buffer.alloc(16_000, `a-long-subprotocol-${i}, `).toString('latin1');
    return agreementOf('ws://a/', header.slice(0, header.indexOf(',')), undefined);
  });
  expect(heldBytes() - before).toBeLessThan(200 * 2_000);
  expect(all[7]?.protocol).toBe('a-long-subprotocol-7');
});
