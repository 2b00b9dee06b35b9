import { expect, test } from 'vitest';
import { ByteBuffer } from '../../../src/protocol/byte-buffer.ts';
import { ProtocolError } from '../../../src/protocol/errors.ts';
import { InflateError } from '../../../src/protocol/permessage-deflate/inflate-error.ts';
import { MessageCompression } from '../../../src/protocol/permessage-deflate/message-compression.ts';
import { fromHex } from '../../support/vectors.ts';

const direction = { windowBits: 15, contextTakeover: true };
const options = { outgoing: direction, incoming: direction, thresholdBytes: 5 };
const newBody = () => new ByteBuffer((byteLength) => new Uint8Array(byteLength));

test('a message is worth compressing from the threshold on', () => {
  const compression = new MessageCompression(options);
  expect([4, 5, 6].map((byteLength) => compression.reachesThreshold(byteLength))).toEqual([
    false,
    true,
    true,
  ]);
});

test.each([
  ['a broken rule', '07', 'invalid-compressed-data', 'reserved-block-type'],
  ['more than may be', 'f2 48 cd c9 c9 07 00', 'message-too-big', 'output-limit'],
])('%s is a violation, and its cause says which', (_, hex, violation, reason) => {
  const bytes = fromHex(hex);
  const inflate = () =>
    new MessageCompression(options).inflate(bytes, 0, bytes.length, newBody(), 4, Infinity);
  expect(inflate).toThrow(expect.objectContaining({ violation, cause: expect.any(InflateError) }));
  expect(inflate).toThrow(ProtocolError);
  expect(inflate).toThrow(expect.objectContaining({ cause: expect.objectContaining({ reason }) }));
});

test('what is no fault of the peer stays what it is', () => {
  const full = newBody();
  full.append = () => {
    throw new RangeError('out of memory');
  };
  full.reserve = full.append as never;
  const bytes = fromHex('00 05 00 fa ff 48 65 6c 6c 6f 00');
  expect(() => new MessageCompression(options).inflate(bytes, 0, bytes.length, full, 100, Infinity)).toThrow(
    RangeError,
  );
});

test('what was compressed elsewhere makes it begin anew', () => {
  const compression = new MessageCompression(options);
  const hello = Buffer.from('Hello');
  const deflated = () => {
    const payload = newBody();
    compression.deflate(hello, 0, 5, payload);
    return payload.take();
  };
  const first = deflated();
  expect(deflated().length).toBeLessThan(first.length);
  compression.resetContext();
  expect(deflated()).toEqual(first);
});
