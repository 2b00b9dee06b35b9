/** The `ws` package as a client, and as a server of our client. */
import { randomBytes } from 'node:crypto';
import { on, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket as Client, WebSocketServer as Server } from 'ws';
import { messagesOf, open } from '../client/connect.ts';
import { eventually } from '../support/eventually.ts';
import { type Ability, type Data, type End, type Peer, testOurClient, testScenarios } from './scenarios.ts';

class WsPeer implements Peer {
  readonly #socket: Client;
  readonly #messages: AsyncIterator<unknown[]>;
  readonly #pongs: AsyncIterator<unknown[]>;
  readonly #closed: Promise<End>;
  readonly #transport: () => Promise<Socket>;

  private constructor(socket: Client, transport: () => Promise<Socket>) {
    this.#socket = socket;
    this.#messages = on(socket, 'message')[Symbol.asyncIterator]();
    this.#pongs = on(socket, 'pong')[Symbol.asyncIterator]();
    this.#closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
    this.#transport = transport;
  }

  static async connect(url: string, subprotocols: readonly string[]): Promise<WsPeer> {
    const socket = new Client(url, [...subprotocols]);
    onTestFinished(() => socket.terminate());
    const answer = once(socket, 'upgrade') as Promise<[IncomingMessage]>;
    const peer = new WsPeer(socket, async () => (await answer)[0].socket);
    await once(socket, 'open');
    return peer;
  }

  static async listen(subprotocols: readonly string[]): Promise<{ url: string; peer: Promise<WsPeer> }> {
    const server = new Server({
      port: 0,
      host: '127.0.0.1',
      handleProtocols: (offered) => subprotocols.find((subprotocol) => offered.has(subprotocol)) ?? false,
    });
    onTestFinished(() => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    const peer = new Promise<WsPeer>((resolve) => {
      server.on('connection', (socket, { socket: transport }) => {
        socket.on('error', () => {});
        resolve(new WsPeer(socket, async () => transport));
      });
    });
    await once(server, 'listening');
    return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, peer };
  }

  async extensions(): Promise<string> {
    return this.#socket.extensions;
  }

  async subprotocol(): Promise<string> {
    return this.#socket.protocol;
  }

  async send(data: Data): Promise<void> {
    this.#socket.send(data);
  }

  async receive(): Promise<Data> {
    const [data, isBinary] = (await this.#messages.next()).value as [Buffer, boolean];
    return isBinary ? data : data.toString();
  }

  async close(code?: number, reason?: string): Promise<void> {
    this.#socket.close(code, reason);
  }

  closed(): Promise<End> {
    return this.#closed;
  }

  async sendFragments(parts: readonly Data[], pings = false): Promise<void> {
    for (const [index, part] of parts.entries()) {
      this.#socket.send(part, { fin: index === parts.length - 1 });
      if (pings) this.#socket.ping(String(index));
    }
    if (pings) for (const index of parts.keys()) await this.#pong(String(index));
  }

  async ping(payload: string): Promise<void> {
    this.#socket.ping(payload);
    await this.#pong(payload);
  }

  async #pong(payload: string): Promise<void> {
    const [answer] = (await this.#pongs.next()).value as [Buffer];
    if (answer.toString() !== payload) throw new Error(`"${payload}" was answered with "${answer}"`);
  }

  async terminate(): Promise<void> {
    this.#socket.terminate();
  }

  async reset(): Promise<void> {
    (await this.#transport()).resetAndDestroy();
  }
}

const abilities: readonly Ability[] = [
  'fragments',
  'pings',
  'termination',
  'resets',
  'every code',
  'U+FEFF',
  'no code',
];

describe('ws', () => testScenarios({ abilities, connect: WsPeer.connect }));

describe("our client and the server of 'ws'", () => testOurClient({ abilities, start: WsPeer.listen }));

test.each([9, 12, 13, 15])('a server of ws that wants a window of %i bits takes our offer', async (bits) => {
  const server = new Server({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: { clientMaxWindowBits: bits, threshold: 0 },
  });
  onTestFinished(() => void server.close());
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  await once(server, 'listening');
  const socket = await open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(socket.extensions).toBe(`permessage-deflate; client_max_window_bits=${bits}`);
  const messages = messagesOf(socket);
  const random = randomBytes(6000); // repeated at distances that are too long for our window of 4 KiB, and for that of 9 bits
  const data = new Uint8Array(
    Buffer.concat([random, random, Buffer.alloc(20_000), random.subarray(0, 3000)]),
  );
  socket.send(data);
  socket.send(data);
  await eventually(() => expect(messages).toEqual([data, data]));
});
