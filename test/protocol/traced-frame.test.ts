import { expect, test } from 'vitest';
import { Connection } from '../../src/protocol/connection.ts';
import type { TracedFrame } from '../../src/protocol/traced-frame.ts';
import { fromHex, toHex } from '../support/vectors.ts';

test('what comes is seen frame by frame, without its mask, before what it means; in pieces without its payload', () => {
  const seen: string[] = [];
  const frame = ({ direction, fin, opcode, payloadLength, payload }: TracedFrame) =>
    seen.push(`${direction} ${fin} ${opcode} ${payloadLength} ${payload && toHex(payload)}`);
  const message = () => seen.push('message');
  const connection = new Connection({ role: 'server', maxMessageBytes: 100 }, { message, frame });
  connection.receive(fromHex('01 82 01010101 6063  89 80 00000000'));
  connection.receive(fromHex('80 82 00000000 63'));
  connection.receive(fromHex('64'));
  expect(seen).toEqual([
    'received false 1 2 61 62',
    'received true 9 0 ',
    'sent true 10 0 ',
    'received true 0 2 undefined',
    'message',
  ]);
});
