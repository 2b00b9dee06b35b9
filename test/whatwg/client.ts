/** Clients for one test, which end with it, and what they hear. */
import { type ClientOptions, WebSocket, type WebSocketEventMap } from 'barewire';
import { expect, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { Ended } from './servers.ts';

type Protocols = string | readonly string[];

/** `new WebSocket(…)`, terminated when the test is over. */
export function connect(url: string | URL, protocols?: Protocols, options?: ClientOptions): WebSocket {
  const socket = new WebSocket(url, protocols, options);
  onTestFinished(() => socket.terminate());
  return socket;
}

/** A client that never gets anywhere, and nothing leaves the machine for it. */
export function connectNowhere(url: string | URL, protocols?: Protocols): WebSocket {
  return connect(url, protocols, { createConnection: () => new Promise(() => {}) });
}

/** The same, open. */
export async function open(
  url: string | URL,
  protocols?: Protocols,
  options?: ClientOptions,
): Promise<WebSocket> {
  const socket = connect(url, protocols, options);
  await next(socket, 'open');
  return socket;
}

/** The next event of a kind. */
export function next<K extends keyof WebSocketEventMap>(
  socket: WebSocket,
  type: K,
): Promise<WebSocketEventMap[K]> {
  return new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));
}

/** What every event from now on is, in their order, with the state in which it came. */
export function record(socket: WebSocket): string[] {
  const events: string[] = [];
  for (const type of ['open', 'message', 'error', 'close']) {
    socket.addEventListener(type, () => events.push(`${type} ${socket.readyState}`));
  }
  return events;
}

let count = 0;

/** A path that no other test uses. */
export function uniquePath(): string {
  return `/${count++}`;
}

/** What the server has heard on the connection to this path, when that is over. */
export async function ended(url: string, path: string): Promise<Ended> {
  const socket = await open(url);
  return eventually(async () => {
    const answer = next(socket, 'message');
    socket.send(`!ended ${path}`);
    const found = JSON.parse((await answer).data) as Ended | null;
    expect(found).not.toBeNull();
    return found!;
  });
}
