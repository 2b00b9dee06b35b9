import { expect, test } from 'vitest';
import { Connection } from '../../src/protocol/connection.ts';
import type { Message } from '../../src/protocol/message.ts';
import type { Receiver } from '../../src/protocol/receiver.ts';
import { fromHex } from '../support/vectors.ts';

function client(receiver: Receiver): Connection {
  return new Connection({ role: 'client', maxMessageBytes: 1000 }, receiver);
}

test('connections that are in the middle of something do not disturb each other', () => {
  const messages: [number, Message][] = [];
  const connections = Array.from({ length: 20 }, (_, i) =>
    client({ message: (data) => messages.push([i, data]) }),
  );
  // A fragment, half a header, half a payload, half a ping: every byte for all before the next one for any.
  for (const byte of fromHex('01 01 61 89 02 70 70 80 02 62 63')) {
    for (const connection of connections) connection.receive(Uint8Array.of(byte));
  }
  expect(messages).toEqual(connections.map((_, i) => [i, 'abc']));
});

test('a connection may be given bytes while another one reads', () => {
  const messages: Message[] = [];
  const inner = client({ message: (data) => messages.push(data) });
  const outer = client({
    message: (data) => {
      messages.push(data);
      inner.receive(fromHex('81 01 69 01 01 6a')); // it is left in the middle of a message
    },
  });
  outer.receive(fromHex('81 01 61 81 01 62'));
  expect(messages).toEqual(['a', 'i', 'b']);
  expect(inner.error).toMatchObject({ violation: 'message-not-finished' });
  expect(outer.error).toBeUndefined();
});

test('a connection may be given bytes by its own receiver, and breaks no other one by that', () => {
  const messages: Message[] = [];
  const one = client({
    message: (data) => {
      messages.push(data);
      if (data === 'a') one.receive(fromHex('81 01 78'));
    },
  });
  one.receive(fromHex('81 01 61 81 01 62'));
  expect(messages).toEqual(['a', 'x', 'b']);
  const others = [0, 1].map(() => client({ message: (data) => messages.push(data) }));
  others[0]!.receive(fromHex('01 01 61'));
  others[1]!.receive(fromHex('80 01 62'));
  expect(others[1]!.error).toMatchObject({ violation: 'nothing-to-continue' });
  expect(messages).toHaveLength(3);
});

test('and one that fails by such bytes keeps what it was reading with from the others', () => {
  const one = client({ message: () => void one.receive(fromHex('81 05 61')) });
  one.receive(fromHex('81 01 61 81 01 62'));
  const two = client({ message: () => void two.receive(fromHex('83 00')) });
  two.receive(fromHex('81 01 61 81 01 62'));
  expect(two.error).toMatchObject({ violation: 'reserved-opcode' });
  const messages: Message[] = [];
  client({ message: (data) => messages.push(data) }).receive(fromHex('81 01 61'));
  expect(messages).toEqual(['a']);
});

test('a receiver that throws breaks nothing', () => {
  const error = new Error('of the receiver');
  const messages: Message[] = [];
  const one = client({
    message: (data) => {
      messages.push(data);
      if (data === 'a') throw error;
    },
  });
  expect(() => one.receive(fromHex('81 01 61'))).toThrow(error);
  one.receive(fromHex('81 01 62'));
  client({ message: (data) => messages.push(data) }).receive(fromHex('81 01 63'));
  expect(messages).toEqual(['a', 'b', 'c']);
});

test('a connection that broke a rule leaves nothing behind for the next one', () => {
  const direction = { contextTakeover: true, windowBits: 15 };
  const compression = { outgoing: direction, incoming: direction, thresholdBytes: 0 };
  const broken = [
    '81 05 61 62 c0 63 64', // no UTF-8
    '01 01 61 81 01 62', // the message before was not finished
    '88 01 03', // half a code
    'c1 03 b2 78 30', // text that breaks off in the middle of a character, and of a code
  ];
  for (const bytes of broken) {
    const one = new Connection({ role: 'client', maxMessageBytes: 100, compression }, { message: () => {} });
    one.receive(fromHex(bytes));
    expect(one.error, bytes).toBeDefined();
    const messages: Message[] = [];
    client({ message: (data) => messages.push(data) }).receive(fromHex('01 01 61 80 01 62'));
    expect(messages).toEqual(['ab']);
  }
});
