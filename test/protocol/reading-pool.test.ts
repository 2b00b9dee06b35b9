import { expect, test } from 'vitest';
import { MessageCompression } from '../../src/protocol/permessage-deflate/message-compression.ts';
import { ReadingPool } from '../../src/protocol/reading-pool.ts';
import { fromHex } from '../support/vectors.ts';

const options = { windowBits: 15, contextTakeover: true };

test('what was given back is lent again', () => {
  const pool = new ReadingPool();
  const reading = pool.borrow('client', 1, undefined);
  pool.giveBack(reading);
  expect(pool.borrow('server', 1, undefined)).toBe(reading);
  expect(pool.borrow('server', 1, undefined)).not.toBe(reading);
});

test('what is lent again reads for the role and within the limit of its new connection', () => {
  const pool = new ReadingPool();
  pool.giveBack(pool.borrow('client', 1, undefined));
  const { parser, messages } = pool.borrow('server', 2, undefined);
  const chunk = fromHex('82 82 00000000 0102');
  expect(parser.step(chunk, 0)).toBe(true);
  expect(messages.read(chunk, parser)).toEqual(fromHex('01 02'));
  expect(() => parser.step(fromHex('82 00'), 0)).toThrow(
    expect.objectContaining({ violation: 'unmasked-frame' }),
  );
});

test('without compression RSV1 is refused, whatever was negotiated by the connection before', () => {
  const pool = new ReadingPool();
  const compression = new MessageCompression({ outgoing: options, incoming: options, thresholdBytes: 0 });
  pool.giveBack(pool.borrow('client', 100, compression));
  const { parser } = pool.borrow('client', 100, undefined);
  expect(() => parser.step(fromHex('c1 00'), 0)).toThrow(
    expect.objectContaining({ violation: 'reserved-bit-set' }),
  );
});

test('only a few are kept', () => {
  const pool = new ReadingPool();
  const readings = Array.from({ length: 20 }, () => pool.borrow('client', 1, undefined));
  for (const reading of readings) pool.giveBack(reading);
  const again = Array.from({ length: 20 }, () => pool.borrow('client', 1, undefined));
  expect(again.filter((reading) => readings.includes(reading))).toHaveLength(8);
});
