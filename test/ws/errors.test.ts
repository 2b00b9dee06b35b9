import { once } from 'node:events';
import { ProtocolError } from 'barewire';
import { VIOLATIONS } from 'barewire/protocol';
import { describe, expect, test } from 'vitest';
import * as ws from 'ws';
import { errorOf } from '../../src/ws/errors.ts';
import { closeFrame, RawClient, textFrame } from '../support/raw-client.ts';
import { eventsOf, pairOf, peerServerOf, serverOf } from './sockets.ts';

/** What a server of ws reads of a client that breaks a rule, and what one of barewire/ws reads. */
const FRAMES: [what: string, hex: string][] = [
  ['RSV1', 'c18000000000'],
  ['RSV2', 'a18000000000'],
  ['RSV3', '918000000000'],
  ['opcode 3', '838000000000'],
  ['opcode 15', '8f8000000000'],
  ['nothing to continue', '808000000000'],
  ['a message within a message', '018000000000' + '828000000000'],
  ['no mask', '8100'],
  ['a control frame in parts', '098000000000'],
  ['a Ping of 126 bytes', '89fe007e00000000'],
  ['a Close frame with one byte', '88810000000001'],
  ['a code that may not be sent', '88820000000003ed'],
  ['text that is no UTF-8', '818100000000ff'],
  ['a reason that is no UTF-8', '88830000000003e8ff'],
  ['a message that is too big', '82fe040100000000'],
  ['a length beyond numbers', '82ff7fffffffffffffff00000000'],
];

async function errorAt(accepted: ws.WebSocket, hex: string, client: { _socket: unknown }): Promise<unknown> {
  (client._socket as { write(bytes: Buffer): void }).write(Buffer.from(hex, 'hex'));
  const [error] = (await new Promise((resolve) =>
    accepted.on('error', (error) => resolve([error as Error & { code: string }])),
  )) as [Error & { code: string }];
  return { code: error.code, message: error.message, isRange: error instanceof RangeError };
}

describe('the errors of ws', () => {
  test.each(FRAMES)('%s', async (what, hex) => {
    const { server, url } = await peerServerOf({ maxPayload: 1024 });
    const peer = new ws.WebSocket(url);
    peer.on('error', () => {});
    const [accepted] = (await once(server, 'connection')) as [ws.WebSocket];
    await once(peer, 'open');
    const expected = await errorAt(accepted, hex, peer as never);
    const pair = await pairOf({ server: { maxPayload: 1024 } });
    const got = await errorAt(pair.accepted as never, hex, pair.client);
    // A limit is looked at before the length is a number.
    if (what === 'a length beyond numbers')
      expect(got).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' });
    else expect(got).toEqual(expected);
  });

  test.each([true, false])(
    'come at once, though the peer never answers: allowSynchronousEvents %s',
    async (isSync) => {
      const { url, server } = await serverOf({ allowSynchronousEvents: isSync, closeTimeout: 60_000 });
      const { port } = new URL(url);
      const raw = await RawClient.open(Number(port));
      const [accepted] = [...server.clients];
      const events: unknown[] = [];
      accepted!.on('message', (data) => events.push(`${data}`));
      const failed = new Promise<Error>((resolve) => accepted!.on('error', resolve));
      raw.write(Buffer.concat([textFrame('before'), Buffer.from('8100', 'hex')]));
      expect(await failed).toMatchObject({ code: 'WS_ERR_EXPECTED_MASK' });
      expect([events, accepted!.readyState]).toEqual([['before'], accepted!.CLOSING]);
      await expect.poll(() => raw.received.toString('hex')).toBe(closeFrame(1002));
      accepted!.terminate();
      raw.socket.destroy();
    },
  );

  test('a client is told of a mask', async () => {
    const { accepted, client } = await pairOf();
    const events = eventsOf(client, 'error', 'close');
    accepted._socket!.write(Buffer.from('81800000', 'hex'));
    await expect.poll(() => events.map(([name]) => name)).toEqual(['error', 'close']);
    expect(events[0]![1]).toMatchObject({
      message: 'Invalid WebSocket frame: MASK must be clear',
      code: 'WS_ERR_UNEXPECTED_MASK',
      cause: { violation: 'masked-frame' },
    });
  });

  test('what is no DEFLATE is told as zlib does', async () => {
    const { accepted, client } = await pairOf({ server: { perMessageDeflate: true } });
    const events = eventsOf(client, 'error', 'close');
    accepted._socket!.write(Buffer.from('c20422faec78', 'hex'));
    await expect.poll(() => events.map(([name]) => name)).toEqual(['error', 'close']);
    expect(events[0]![1]).toMatchObject({ code: 'Z_DATA_ERROR', errno: -3 });
  });

  test('each rule has one, and there are no others', () => {
    for (const violation of Object.keys(VIOLATIONS) as (keyof typeof VIOLATIONS)[])
      expect(errorOf(new ProtocolError(violation))).toMatchObject({
        code: expect.stringMatching(/^(WS_ERR|Z_)/),
      });
  });
});
