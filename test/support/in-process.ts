/** Peers in this process, without TCP: cheap enough for ten thousand of them, and every write is seen. */
import { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'barewire';
import { KEY } from './raw-client.ts';

export class InProcessPeer<Data> {
  /** What was written to it after the handshake, write by write. */
  readonly writes: Buffer[] = [];
  readonly socket: WebSocket<Data>;
  readonly #transport: Duplex;
  /** Set while it takes what is written and does not ask for more. */
  isStuck = false;

  private constructor(socket: WebSocket<Data>, transport: Duplex) {
    this.socket = socket;
    this.#transport = transport;
  }

  /** Joins a server, which it does not answer. */
  static async join<Data>(
    server: WebSocketServer<Data>,
    moreHeaders: Record<string, string> = {},
  ): Promise<InProcessPeer<Data>> {
    let peer: InProcessPeer<Data> | undefined;
    const transport = new Duplex({
      read() {},
      write: (bytes, _encoding, done) => {
        peer?.writes.push(bytes); // not the answer to the handshake
        if (peer?.isStuck !== true) done();
      },
    });
    const headers = {
      host: 'localhost',
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': KEY,
      'sec-websocket-version': '13',
      ...moreHeaders,
    };
    const request = {
      method: 'GET',
      httpVersion: '1.1',
      url: '/',
      headers,
      rawHeaders: Object.entries(headers).flat(),
      socket: transport,
    };
    const socket = await server.handleUpgrade(request as never, transport, new Uint8Array(0));
    peer = new InProcessPeer(socket!, transport);
    return peer;
  }

  /** Sends bytes, which are read at once when the turn is over in which it joined. */
  send(bytes: Uint8Array): void {
    this.#transport.push(bytes);
  }

  /** The text messages that came; they must be shorter than 126 bytes. */
  get texts(): string[] {
    const bytes = Buffer.concat(this.writes);
    const texts: string[] = [];
    for (let at = 0; at < bytes.length; at += 2 + bytes[at + 1]!) {
      if (bytes[at] === 0x81) texts.push(bytes.toString('utf8', at + 2, at + 2 + bytes[at + 1]!));
    }
    return texts;
  }
}
