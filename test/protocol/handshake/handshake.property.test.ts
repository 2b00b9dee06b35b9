import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HandshakeError } from '../../../src/protocol/errors.ts';
import { randomHandshakeKey } from '../../../src/protocol/handshake/accept-key.ts';
import { serializeRequest, verifyResponse } from '../../../src/protocol/handshake/client.ts';
import { Refusal, serializeRefusal } from '../../../src/protocol/handshake/refusal.ts';
import { serializeAcceptance, verifyRequest } from '../../../src/protocol/handshake/server.ts';
import { fuzzTimeoutMs, runs } from '../../support/arbitraries.ts';
import { GOOD_REQUEST, GOOD_RESPONSE, parseRequest, parseResponse } from '../../support/vectors.ts';

const timeout = fuzzTimeoutMs;
const anyToken = fc.stringMatching(/^[a-z0-9._-]{1,8}$/);
const anyExtension = fc.record({
  name: anyToken,
  parameters: fc.array(fc.tuple(anyToken, fc.oneof(anyToken, fc.constant(true as const))), { maxLength: 3 }),
});

test('what a client asks for a server reads, and what it grants the client reads', { timeout }, () => {
  const anyOffer = fc.record({
    subprotocols: fc.uniqueArray(anyToken, { maxLength: 4 }),
    extensions: fc.array(anyExtension, { maxLength: 3 }),
    path: fc.webPath(),
  });
  fc.assert(
    fc.property(anyOffer, fc.nat(), ({ subprotocols, extensions, path }, choice) => {
      const offer = {
        host: 'a.example',
        key: randomHandshakeKey(),
        target: `/${path}`,
        subprotocols,
        extensions,
      };
      const opening = verifyRequest(parseRequest(serializeRequest(offer)));
      expect(opening).toEqual({
        host: 'a.example',
        key: offer.key,
        origin: undefined,
        subprotocols,
        extensions,
      });
      if (opening instanceof Refusal) return;

      const grant = {
        subprotocol: subprotocols[choice % (subprotocols.length + 1)],
        extensions: extensions.slice(choice % 2),
      };
      const answer = parseResponse(serializeAcceptance(opening, grant));
      expect(verifyResponse(answer, offer)).toEqual(grant);
    }),
    { numRuns: runs(200) },
  );
});

/** A value for a header, good, odd or hostile. */
const anyValue = fc.oneof(
  fc.constantFrom(
    undefined,
    '',
    ',',
    'websocket',
    'Upgrade',
    '13',
    'null',
    'constructor',
    'http://[',
    'a:b:c',
  ),
  fc.string({ maxLength: 20, unit: 'binary' }),
  fc.webUrl(),
);

/** The headers of a good head, some of them replaced. */
function anyHeaders(head: string): fc.Arbitrary<(name: string) => string | undefined> {
  const { header } = parseRequest(head);
  return fc
    .dictionary(fc.constantFrom(...HEADERS), anyValue)
    .map((replaced) => (name: string) => (Object.hasOwn(replaced, name) ? replaced[name] : header(name)));
}

const HEADERS = [
  'host',
  'origin',
  'upgrade',
  'connection',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
  'sec-websocket-accept',
];

test('whatever a request says, it is accepted or refused, and the answer can be written', { timeout }, () => {
  const method = fc.constantFrom('GET', 'GET', 'POST', '', 'constructor');
  const target = fc.constantFrom('/', '/', 'http://server.example.com/', 'http://@/', '');
  const httpVersion = fc.constantFrom('1.1', '1.1', '1.0', '2', '', 'x.y', '1.1.1');
  fc.assert(
    fc.property(
      anyHeaders(GOOD_REQUEST),
      method,
      target,
      httpVersion,
      (header, method, target, httpVersion) => {
        const outcome = verifyRequest({ method, target, httpVersion, header });
        const answer =
          outcome instanceof Refusal
            ? serializeRefusal(outcome)
            : serializeAcceptance(outcome, {
                subprotocol: outcome.subprotocols[0],
                extensions: outcome.extensions,
              });
        expect(answer).toMatch(/^HTTP\/1\.1 (101|4\d\d) [^\r\n]+\r\n([!-9;-~]+: [\t -~]*\r\n)+\r\n/);
      },
    ),
    { numRuns: runs(500) },
  );
});

test('whatever an answer says, it is accepted or fails with a HandshakeError', { timeout }, () => {
  const offer = { host: 'a', key: 'dGhlIHNhbXBsZSBub25jZQ==', subprotocols: ['chat'] };
  fc.assert(
    fc.property(anyHeaders(GOOD_RESPONSE), fc.constantFrom(101, 101, 200, Number.NaN), (header, status) => {
      try {
        const { subprotocol, extensions } = verifyResponse({ status, header }, offer);
        expect([undefined, 'chat']).toContain(subprotocol);
        expect(extensions).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(HandshakeError);
      }
    }),
    { numRuns: runs(500) },
  );
});
