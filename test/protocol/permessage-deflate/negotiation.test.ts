import { describe, expect, test } from 'vitest';
import { parseExtensions, serializeExtensions } from '../../../src/protocol/handshake/headers.ts';
import {
  acceptOffer,
  agreementFor,
  type DeflateTerms,
  offer,
  verifyAnswer,
} from '../../../src/protocol/permessage-deflate/negotiation.ts';

const OPEN_TERMS: DeflateTerms = {
  windowBits: 15,
  contextTakeover: true,
  peerWindowBits: 15,
  peerContextTakeover: true,
};

function accept(header: string, terms: Partial<DeflateTerms> = {}) {
  return acceptOffer(parseExtensions(header) ?? [], { ...OPEN_TERMS, ...terms });
}

/** The answer to an offer, as the header says it. */
function answerTo(header: string, terms: Partial<DeflateTerms> = {}): string | undefined {
  const agreement = accept(header, terms);
  return agreement && serializeExtensions([agreement.extension]);
}

describe('a server accepts an offer', () => {
  test.each([
    ['permessage-deflate', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits=10', 'permessage-deflate; client_max_window_bits=10'],
    ['permessage-deflate; client_max_window_bits="10"', 'permessage-deflate; client_max_window_bits=10'],
    ['permessage-deflate; client_max_window_bits=15', 'permessage-deflate'],
    ['permessage-deflate; server_max_window_bits=8', 'permessage-deflate; server_max_window_bits=8'],
    ['permessage-deflate; server_max_window_bits=15', 'permessage-deflate; server_max_window_bits=15'],
    ['permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover'],
    ['permessage-deflate; client_no_context_takeover', 'permessage-deflate; client_no_context_takeover'],
    [
      'permessage-deflate; client_max_window_bits=9; server_max_window_bits=10; client_no_context_takeover; server_no_context_takeover',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9',
    ],
    ['x-other, permessage-deflate', 'permessage-deflate'],
  ])('%s → %s', (header, answer) => {
    expect(answerTo(header)).toBe(answer);
  });

  test.each([
    ['no context takeover of its own', { contextTakeover: false }, 'server_no_context_takeover'],
    ['none of the client', { peerContextTakeover: false }, 'client_no_context_takeover'],
    [
      'a smaller window of its own, which it may say unasked',
      { windowBits: 11 },
      'server_max_window_bits=11',
    ],
    ['a smaller window of the client', { peerWindowBits: 12 }, 'client_max_window_bits=12'],
  ])('on terms: %s', (_name, terms, parameter) => {
    expect(answerTo('permessage-deflate; client_max_window_bits', terms)).toBe(
      `permessage-deflate; ${parameter}`,
    );
  });

  test('of a client that cannot be told its window: then it is the largest', () => {
    expect(accept('permessage-deflate', { peerWindowBits: 9 })).toMatchObject({
      incoming: { windowBits: 15 },
    });
    expect(answerTo('permessage-deflate', { peerWindowBits: 9 })).toBe('permessage-deflate');
  });

  test('and takes the smaller of two windows', () => {
    const header = 'permessage-deflate; server_max_window_bits=12; client_max_window_bits=10';
    expect(accept(header, { windowBits: 10, peerWindowBits: 12 })).toMatchObject({
      outgoing: { windowBits: 10, contextTakeover: true },
      incoming: { windowBits: 10, contextTakeover: true },
    });
  });

  test('what is agreed on holds for what each side sends', () => {
    expect(accept('permessage-deflate; server_no_context_takeover; server_max_window_bits=9')).toMatchObject({
      outgoing: { windowBits: 9, contextTakeover: false },
      incoming: { windowBits: 15, contextTakeover: true },
    });
  });
});

describe('a server declines an offer', () => {
  test.each([
    ['no-such-extension'],
    ['permessage-deflate; unknown'],
    ['permessage-deflate; __proto__'],
    ['permessage-deflate; constructor=8'],
    ['permessage-deflate; server_no_context_takeover=1'],
    ['permessage-deflate; client_no_context_takeover=true'],
    ['permessage-deflate; server_no_context_takeover; server_no_context_takeover'],
    ['permessage-deflate; client_max_window_bits; client_max_window_bits=9'],
    ['permessage-deflate; server_max_window_bits'],
    ['permessage-deflate; server_max_window_bits=7'],
    ['permessage-deflate; server_max_window_bits=16'],
    ['permessage-deflate; server_max_window_bits=08'],
    ['permessage-deflate; server_max_window_bits=1e1'],
    ['permessage-deflate; server_max_window_bits=-9'],
    ['permessage-deflate; client_max_window_bits=7'],
    ['permessage-deflate; client_max_window_bits=16'],
    ['permessage-deflate; client_max_window_bits=010'],
  ])('%s', (header) => {
    expect(answerTo(header)).toBeUndefined();
  });

  test('and tries the next one', () => {
    expect(
      answerTo(
        'permessage-deflate; server_max_window_bits=99, permessage-deflate; nonsense, permessage-deflate',
      ),
    ).toBe('permessage-deflate');
  });
});

describe('a client offers', () => {
  test.each([
    [{}, 'permessage-deflate; client_max_window_bits'],
    [{ windowBits: 10 }, 'permessage-deflate; client_max_window_bits'],
    [{ peerWindowBits: 9 }, 'permessage-deflate; server_max_window_bits=9; client_max_window_bits'],
    [{ contextTakeover: false }, 'permessage-deflate; client_no_context_takeover; client_max_window_bits'],
    [
      { peerContextTakeover: false },
      'permessage-deflate; server_no_context_takeover; client_max_window_bits',
    ],
  ])('on the terms %o: %s, without a window of its own', (terms, header) => {
    expect(serializeExtensions([offer({ ...OPEN_TERMS, ...terms })])).toBe(header);
  });
});

describe('a client verifies the answer', () => {
  const verify = (header: string, terms: Partial<DeflateTerms> = {}) =>
    verifyAnswer(parseExtensions(header) ?? [], { ...OPEN_TERMS, ...terms });

  test('one without parameters: 32 KiB both ways, with context', () => {
    expect(verify('permessage-deflate')).toMatchObject({
      outgoing: { windowBits: 15, contextTakeover: true },
      incoming: { windowBits: 15, contextTakeover: true },
    });
  });

  test('each parameter holds for its side', () => {
    expect(
      verify(
        'permessage-deflate; client_max_window_bits=10; client_no_context_takeover; server_max_window_bits=9',
      ),
    ).toMatchObject({
      outgoing: { windowBits: 10, contextTakeover: false },
      incoming: { windowBits: 9, contextTakeover: true },
    });
  });

  test('it keeps to its own terms where the server allows more', () => {
    expect(verify('permessage-deflate', { windowBits: 10, contextTakeover: false })).toMatchObject({
      outgoing: { windowBits: 10, contextTakeover: false },
    });
    expect(
      verify('permessage-deflate; server_no_context_takeover; server_max_window_bits=9', {
        peerWindowBits: 10,
        peerContextTakeover: false,
      }),
    ).toMatchObject({ incoming: { windowBits: 9, contextTakeover: false } });
  });

  test.each([
    ['another extension', 'x-other', {}],
    ['two of them', 'permessage-deflate, permessage-deflate', {}],
    ['an unknown parameter', 'permessage-deflate; unknown', {}],
    ['a parameter twice', 'permessage-deflate; server_max_window_bits=9; server_max_window_bits=9', {}],
    ['a window that there cannot be', 'permessage-deflate; server_max_window_bits=16', {}],
    ['client_max_window_bits without a value', 'permessage-deflate; client_max_window_bits', {}],
    [
      'a larger window than it asked for',
      'permessage-deflate; server_max_window_bits=12',
      { peerWindowBits: 10 },
    ],
    ['no window where it asked for one', 'permessage-deflate', { peerWindowBits: 10 }],
    ['context takeover where it asked for none', 'permessage-deflate', { peerContextTakeover: false }],
  ])('and fails for %s', (_name, header, terms) => {
    expect(verify(header, terms)).toBeUndefined();
  });
});

describe('an answer that something else has negotiated', () => {
  const HEADER =
    'permessage-deflate; client_max_window_bits=10; client_no_context_takeover; server_max_window_bits=9';
  const agreed = (role: 'client' | 'server', header: string, terms: Partial<DeflateTerms> = {}) =>
    agreementFor(role, parseExtensions(header) ?? [], { ...OPEN_TERMS, ...terms });

  test('means the opposite for each end', () => {
    const client = { windowBits: 10, contextTakeover: false };
    const server = { windowBits: 9, contextTakeover: true };
    expect(agreed('client', HEADER)).toMatchObject({ outgoing: client, incoming: server });
    expect(agreed('server', HEADER)).toMatchObject({ outgoing: server, incoming: client });
  });

  test('may ask for more than an end sends', () => {
    const terms = { windowBits: 8, contextTakeover: false };
    expect(agreed('server', 'permessage-deflate', terms)).toMatchObject({
      outgoing: terms,
      incoming: { windowBits: 15, contextTakeover: true },
    });
  });

  test.each(['', 'x-other', 'permessage-deflate; client_max_window_bits', 'permessage-deflate; unknown'])(
    'is malformed: %o',
    (header) => {
      expect(agreed('server', header)).toBeUndefined();
    },
  );
});

test('what a client offers on any terms, a server on any terms accepts or declines, and the client agrees', () => {
  const all: DeflateTerms[] = [];
  for (const windowBits of [8, 12, 15]) {
    for (const peerWindowBits of [8, 12, 15]) {
      for (const contextTakeover of [true, false]) {
        for (const peerContextTakeover of [true, false]) {
          all.push({ windowBits, peerWindowBits, contextTakeover, peerContextTakeover });
        }
      }
    }
  }
  for (const client of all) {
    for (const server of all) {
      const accepted = acceptOffer([offer(client)], server)!;
      const verified = verifyAnswer([accepted.extension], client)!;
      expect(verified.incoming).toEqual(accepted.outgoing);
      expect(verified.outgoing.contextTakeover).toBe(accepted.incoming.contextTakeover);
      // RFC 7692 §7.1.2.2: the window that a client uses may be smaller than the one agreed on.
      expect(verified.outgoing.windowBits).toBe(Math.min(client.windowBits, accepted.incoming.windowBits));
      expect(accepted.outgoing.windowBits).toBeLessThanOrEqual(
        Math.min(server.windowBits, client.peerWindowBits),
      );
      expect(accepted.incoming.windowBits).toBeLessThanOrEqual(server.peerWindowBits);
    }
  }
});
