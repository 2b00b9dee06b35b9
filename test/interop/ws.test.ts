/** The `ws` package as a client. */
import { on, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, onTestFinished } from 'vitest';
import { WebSocket as Client } from 'ws';
import { type Data, type End, type Peer, testScenarios } from './scenarios.ts';

class WsPeer implements Peer {
  readonly #socket: Client;
  readonly #messages: AsyncIterator<unknown[]>;
  readonly #pongs: AsyncIterator<unknown[]>;
  readonly #closed: Promise<End>;
  readonly #answer: Promise<unknown[]>;

  private constructor(socket: Client) {
    this.#socket = socket;
    this.#messages = on(socket, 'message')[Symbol.asyncIterator]();
    this.#pongs = on(socket, 'pong')[Symbol.asyncIterator]();
    this.#closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
    this.#answer = once(socket, 'upgrade');
  }

  static async connect(url: string, subprotocols: readonly string[]): Promise<WsPeer> {
    const socket = new Client(url, [...subprotocols]);
    onTestFinished(() => socket.terminate());
    const peer = new WsPeer(socket);
    await once(socket, 'open');
    return peer;
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
    const [{ socket }] = (await this.#answer) as [IncomingMessage];
    socket.resetAndDestroy();
  }
}

describe('ws', () => {
  testScenarios({
    abilities: ['fragments', 'pings', 'termination', 'resets', 'every code', 'U+FEFF', 'no code'],
    connect: WsPeer.connect,
  });
});
