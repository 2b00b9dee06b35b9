import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { DEFAULT_OPTIONS, verifyMessage } from '../../src/protocol/send-options.ts';
import { detached, FALSE_BYTES, NO_BYTES } from '../support/false-bytes.ts';
import { fromHex, toHex } from '../support/vectors.ts';
import { Endpoint } from './endpoint.ts';

const text = { text: true };

test.each(NO_BYTES)('%s is no message', (_name, make) => {
  for (const options of [DEFAULT_OPTIONS, text])
    expect(() => verifyMessage(make() as Uint8Array, options)).toThrow(UsageError);
});

test.each(['', '61', 'c3a9', '61'.repeat(49), 'f09f918b'.repeat(13), 'efbbbf'])('%s is text', (hex) => {
  expect(() => verifyMessage(fromHex(hex), text)).not.toThrow();
});

test.each(['ff', '61c3', 'eda080', 'c3a9'.repeat(25).slice(0, -2)])(
  '%s is none, but may be binary',
  (hex) => {
    expect(() => verifyMessage(fromHex(hex), text)).toThrow(
      new UsageError('the bytes of a text message must be UTF-8'),
    );
    for (const options of [DEFAULT_OPTIONS, { text: false }])
      expect(() => verifyMessage(fromHex(hex), options)).not.toThrow();
  },
);

test.each(FALSE_BYTES)('of bytes with %s, the true ones are verified', (_name, make) => {
  expect(() => verifyMessage(make(), text)).not.toThrow();
});

test('what they are is not asked of their own methods', () => {
  const bytes = Object.defineProperty(Uint8Array.of(0xff), 'subarray', { value: () => new Uint8Array(1) });
  expect(() => verifyMessage(bytes, text)).toThrow(UsageError);
});

test('bytes that were transferred are an empty text', () => {
  expect(() => verifyMessage(detached(Uint8Array.of(0xff)), text)).not.toThrow();
});

describe('a connection', () => {
  test('sends bytes as text, also a prepared message', () => {
    const { connection } = new Endpoint('server');
    connection.send(fromHex('c3a9'), text);
    connection.sendPrepared(new PreparedMessage(fromHex('c3a9'), text));
    connection.send(fromHex('c3a9'));
    expect(toHex(connection.takeOutput())).toBe('81 02 c3 a9 81 02 c3 a9 82 02 c3 a9');
  });

  test('sends nothing that is no text, whether it could or not', () => {
    const { connection } = new Endpoint('client');
    for (const act of [() => {}, () => connection.close()]) {
      act();
      connection.takeOutput();
      expect(() => connection.send(fromHex('ff'), text)).toThrow(UsageError);
      expect(() => new PreparedMessage(fromHex('ff'), text)).toThrow(UsageError);
      expect(connection.outputLength).toBe(0);
    }
  });
});
