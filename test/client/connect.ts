/** Clients for one test, which end with it. */
import { type ClientOptions, type CloseInfo, HandshakeError, WebSocket } from 'barewire';
import { expect, onTestFinished } from 'vitest';

/** `new WebSocket(…)`, terminated when the test is over. */
export function connect(url: string, options?: ClientOptions, protocols: string | string[] = []): WebSocket {
  const socket = new WebSocket(url, protocols, options);
  onTestFinished(() => socket.terminate());
  return socket;
}

/** The same, open. */
export function open(url: string, options?: ClientOptions): Promise<WebSocket> {
  return connect(url, options).opened;
}

/** What a connection failed with that never opened, which events and promises agree on. */
export async function failure(socket: WebSocket): Promise<Error> {
  const events: string[] = [];
  for (const type of ['open', 'error', 'close']) socket.addEventListener(type, () => events.push(type));
  const [opened, info] = await Promise.allSettled([socket.opened, socket.closed]);
  const { value } = info as PromiseFulfilledResult<CloseInfo>;
  expect(value).toMatchObject({
    code: 1006,
    reason: '',
    wasClean: false,
    sent: undefined,
    received: undefined,
  });
  expect((opened as PromiseRejectedResult).reason).toBe(value.error);
  expect(events).toEqual(['error', 'close']);
  expect(socket.readyState).toBe(WebSocket.CLOSED);
  return value.error!;
}

/** The same where it must be a HandshakeError. */
export async function handshakeFailure(socket: WebSocket): Promise<HandshakeError> {
  const error = await failure(socket);
  expect(error).toBeInstanceOf(HandshakeError);
  return error as HandshakeError;
}

/** All messages from now on. */
export function messagesOf(socket: WebSocket): unknown[] {
  const messages: unknown[] = [];
  socket.binaryType = 'uint8array';
  socket.addEventListener('message', ({ data }) => messages.push(data));
  return messages;
}
