/** A client made of bytes: for what no proper client can be made to do. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { OPCODE, serializeFrame } from 'barewire/protocol';
import { RawPeer } from './raw-peer.ts';

const MASKING_KEY = 0x01020304;

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** A good opening request, with header lines replaced (by name), removed (undefined) or added. */
export function request(headers: Record<string, string | undefined> = {}, target = '/'): string {
  const lines = {
    Host: 'server.example.com',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...headers,
  };
  const text = Object.entries(lines).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return [`GET ${target} HTTP/1.1`, ...text, '', ''].join('\r\n');
}

/** A masked text frame. */
export function textFrame(text: string, fin = true, opcode: number = OPCODE.text): Buffer {
  return Buffer.from(serializeFrame(fin, opcode, Buffer.from(text), MASKING_KEY));
}

/** A masked frame of any kind. */
export function frame(opcode: number, payload: Uint8Array = new Uint8Array(0), fin = true): Buffer {
  return Buffer.from(serializeFrame(fin, opcode, payload, MASKING_KEY));
}

export class RawClient extends RawPeer {
  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Connects and opens; what came with the answer stays. */
  static async open(port: number, headers?: Record<string, string>, target?: string): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.write(request(headers, target));
    await client.answer();
    return client;
  }

  /** The head of the HTTP answer, which is taken off what was received. */
  answer(): Promise<string> {
    return this.head();
  }
}

/** A Close frame from the server as hex. */
export function closeFrame(code: number, reason = ''): string {
  const payload = Buffer.concat([Buffer.from([code >>> 8, code & 0xff]), Buffer.from(reason)]);
  return Buffer.from(serializeFrame(true, OPCODE.close, payload)).toString('hex');
}
