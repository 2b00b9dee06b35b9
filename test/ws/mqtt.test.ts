/** What the tests of MQTT.js do with ws, and other tests do not. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { pairOf } from './sockets.ts';

describe('a message that is sent with a callback', () => {
  test.each(['destroy', 'end'] as const)('just before the transport is told to %s', async (how) => {
    const { client } = await pairOf();
    const closed = once(client, 'close');
    const called = new Promise<Error | undefined>((resolve) => client.send('a', resolve));
    client._socket?.[how]();
    client.terminate();
    expect((await called)?.message).toBe('The socket was closed while data was being sent');
    await closed;
  });

  test('just after the transport was destroyed', async () => {
    const { client } = await pairOf();
    const closed = once(client, 'close');
    client._socket?.destroy();
    const failed = new Promise<Error | undefined>((resolve) => client.send('a', resolve));
    expect(await failed).toBeInstanceOf(Error);
    await closed;
  });
});
