/** What a program is told when the peer breaks a rule, and what the peer is told. */
import { type Handlers, ProtocolError, type ServerOptions, type WebSocket } from 'barewire';
import { OPCODE } from 'barewire/protocol';
import { describe, expect, test, vi } from 'vitest';
import { defer } from '../../src/socket/deferred.ts';
import { connect } from '../client/connect.ts';
import { closeFrame, frame, RawClient, textFrame } from '../support/raw-client.ts';
import { serverFrame, serverText, startRaw } from '../support/raw-server.ts';
import { start } from '../support/servers.ts';
import { started, turn } from './inner.ts';

const UNMASKED = Buffer.from('810161', 'hex');

async function serverWith(handlers: Handlers<undefined>, options: ServerOptions = {}) {
  const { port, opened } = await start<undefined>({ closeTimeoutMs: 200, ...options }, handlers);
  const raw = await RawClient.open(port);
  return { raw, socket: await opened };
}

describe('a violation handler', () => {
  test('of a server is called at once, after the messages before it, though the peer never answers', async () => {
    const heard: unknown[] = [];
    const { promise, resolve } = defer<WebSocket<undefined>>();
    const { raw, socket } = await serverWith({
      message: (_socket, data) => heard.push(data),
      violation(of, error) {
        heard.push(error, of.readyState, of.send('too late'));
        resolve(of);
      },
      close: () => heard.push('closed'),
    });
    raw.write(Buffer.concat([textFrame('a'), UNMASKED, textFrame('b')]));
    expect(await promise).toBe(socket);
    expect(heard).toEqual(['a', expect.any(ProtocolError), 2, false]);
    expect(heard[1]).toMatchObject({ violation: 'unmasked-frame' });
    expect((await socket.closed).error).toBe(heard[1]);
    expect(heard.at(-1)).toBe('closed');
  });

  test('of a client is called too', async () => {
    const { url, guest } = await startRaw((each) => each.accept());
    const { promise, resolve } = defer<ProtocolError>();
    const socket = connect(url, { violation: resolve, closeTimeoutMs: 200 });
    await socket.opened;
    (await guest).write(serverFrame(OPCODE.ping, 'a', 0x01020304));
    expect(await promise).toMatchObject({ violation: 'masked-frame' });
    expect(socket.readyState).toBe(2);
  });

  test('is called after our own Close frame, when the state is closing already', async () => {
    const violation = vi.fn();
    const { inner, transport } = started({ violation });
    inner.close(1000, '');
    transport.push(UNMASKED);
    await turn();
    expect(violation).toHaveBeenCalledOnce();
  });

  test('is not called for an end that breaks no rule', async () => {
    const violation = vi.fn();
    const { raw, socket } = await serverWith({ violation });
    raw.write(frame(OPCODE.close, Buffer.of(3, 0xe8)));
    expect((await socket.closed).wasClean).toBe(true);
    expect(violation).not.toHaveBeenCalled();
  });

  test('may end TCP at once', async () => {
    const { raw, socket } = await serverWith(
      { violation: (of) => of.terminate() },
      { closeTimeoutMs: 60_000 },
    );
    raw.write(UNMASKED);
    expect((await socket.closed).error).toMatchObject({ violation: 'unmasked-frame' });
  });

  test.each(['throws', 'rejects'])(
    'that %s is reported, and the error of the socket stays that of the peer',
    async (how) => {
      const reported: unknown[] = [];
      const { raw, socket } = await serverWith({
        violation() {
          if (how === 'throws') throw new Error('of the handler');
          return Promise.reject(new Error('of the handler'));
        },
        error: (error) => reported.push(error),
      });
      raw.write(UNMASKED);
      const { error, sent } = await socket.closed;
      expect(reported).toEqual([new Error('of the handler')]);
      expect([(error as ProtocolError).violation, sent?.code]).toEqual(['unmasked-frame', 1002]);
    },
  );
});

describe('explainsFailures', () => {
  test.each([true, false])('%s: the Close frame of a server', async (explainsFailures) => {
    const { raw, socket } = await serverWith({}, { explainsFailures });
    raw.write(UNMASKED);
    const { error } = await socket.closed;
    expect(error!.message).toMatch(/mask/);
    expect(raw.received.toString('hex')).toBe(closeFrame(1002, explainsFailures ? error!.message : ''));
  });

  test.each([true, false])('%s: the Close frame of a client', async (explainsFailures) => {
    const { url, guest } = await startRaw((each) => each.accept());
    const socket = connect(url, { explainsFailures, maxMessageBytes: 1, closeTimeoutMs: 200 });
    await socket.opened;
    (await guest).write(serverText('ab'));
    const { sent, error } = await socket.closed;
    expect(sent).toEqual({ code: 1009, reason: explainsFailures ? error!.message : '' });
  });

  test('false leaves the reasons of `close` as they are', async () => {
    const { inner, transport } = started({}, { explainsFailures: false });
    inner.close(1000, 'bye');
    await turn();
    expect(transport.written).toBe(closeFrame(1000, 'bye'));
  });
});
