import { expect, test } from 'vitest';
import { acceptOffer, offer } from '../../src/protocol/permessage-deflate/negotiation.ts';
import { agreementOf } from '../../src/socket/agreement.ts';

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
