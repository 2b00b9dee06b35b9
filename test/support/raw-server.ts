/** A server made of bytes: for what no proper server can be made to do. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { acceptKey, OPCODE, serializeFrame } from 'barewire/protocol';
import { onTestFinished } from 'vitest';
import { RawPeer } from './raw-peer.ts';

/** A client that has come. */
export class RawGuest extends RawPeer {
  /** The head of its last request. */
  request = '';

  /** A header of the request. */
  header(name: string): string | undefined {
    return new RegExp(`^${name}: (.*)\r$`, 'im').exec(this.request)?.[1];
  }

  /** All headers of the request with this name. */
  headers(name: string): string[] {
    return Array.from(this.request.matchAll(new RegExp(`^${name}: (.*)\r$`, 'gim')), (match) => match[1]!);
  }

  /** A good answer, with header lines replaced (by name), removed (undefined) or added. */
  acceptance(
    headers: Record<string, string | undefined> = {},
    statusLine = '101 Switching Protocols',
  ): string {
    const lines = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Accept': acceptKey(this.header('Sec-WebSocket-Key')!),
      ...headers,
    };
    const text = Object.entries(lines).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: ${value}`],
    );
    return [`HTTP/1.1 ${statusLine}`, ...text, '', ''].join('\r\n');
  }

  /** Opens the connection, as a proper server does. */
  accept(headers?: Record<string, string | undefined>): void {
    this.write(this.acceptance(headers));
  }
}

export interface RawServer {
  readonly port: number;
  readonly url: string;
  /** The first client, with its request. */
  readonly guest: Promise<RawGuest>;
  /** All whose request has come. */
  readonly guests: readonly RawGuest[];
}

/** Starts a server, for one test, that calls `onRequest` for each request head, and does nothing else. */
export async function startRaw(onRequest: (guest: RawGuest) => unknown = () => {}): Promise<RawServer> {
  const guests: RawGuest[] = [];
  const sockets = new Set<Socket>();
  let onGuest: (guest: RawGuest) => void = () => {};
  const guest = new Promise<RawGuest>((resolve) => {
    onGuest = resolve;
  });
  const server = createServer({ allowHalfOpen: true, noDelay: true }, async (socket) => {
    sockets.add(socket);
    const guest = new RawGuest(socket);
    guest.request = await guest.head().catch(() => '');
    if (guest.request === '') return;
    guests.push(guest);
    onGuest(guest);
    onRequest(guest);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `ws://127.0.0.1:${port}/`, guest, guests };
}

/** A frame of a server as it stands on the wire: unmasked, unless told otherwise. */
export function serverFrame(opcode: number, payload: string | Uint8Array = '', maskingKey?: number): Buffer {
  return Buffer.from(serializeFrame(true, opcode, Buffer.from(payload as string), maskingKey));
}

/** A text frame of a server. */
export function serverText(text: string): Buffer {
  return serverFrame(OPCODE.text, text);
}

/** A Close frame of a server. */
export function serverClose(code: number, reason = ''): Buffer {
  return serverFrame(
    OPCODE.close,
    Buffer.concat([Uint8Array.of(code >>> 8, code & 0xff), Buffer.from(reason)]),
  );
}
