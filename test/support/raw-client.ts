/** A client made of bytes: for what no proper client can be made to do. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { OPCODE, serializeFrame } from 'barewire/protocol';

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

export class RawClient {
  readonly socket: Socket;
  /** Everything that came. */
  received: Buffer = Buffer.alloc(0);
  /** How many chunks it came in. */
  chunks = 0;
  readonly #changed = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => this.#notify());
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.chunks++;
      this.#notify();
    });
  }

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

  write(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** The head of the HTTP answer, which is taken off what was received. */
  async answer(): Promise<string> {
    await this.until(() => this.received.includes('\r\n\r\n'));
    const end = this.received.indexOf('\r\n\r\n') + 4;
    const head = this.received.subarray(0, end).toString('latin1');
    this.received = this.received.subarray(end);
    return head;
  }

  /** Waits for so many bytes, takes them and returns them as hex. */
  async take(byteCount: number): Promise<string> {
    await this.until(() => this.received.length >= byteCount);
    const taken = this.received.subarray(0, byteCount).toString('hex');
    this.received = this.received.subarray(byteCount);
    return taken;
  }

  /** Everything until the server ends the connection, as hex. */
  async rest(): Promise<string> {
    await this.ended();
    return this.received.toString('hex');
  }

  /** Waits for the server to end its half. */
  async ended(): Promise<void> {
    if (this.socket.readableEnded || this.socket.destroyed) return;
    await Promise.race([once(this.socket, 'end'), once(this.socket, 'close')]);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.socket.destroyed)
        throw new Error(`closed, having received ${this.received.toString('latin1')}`);
      await new Promise<void>((resolve) => this.#changed.add(resolve));
    }
  }

  #notify(): void {
    for (const resolve of this.#changed) resolve();
    this.#changed.clear();
  }
}

/** A Close frame from the server as hex. */
export function closeFrame(code: number, reason = ''): string {
  const payload = Buffer.concat([Buffer.from([code >>> 8, code & 0xff]), Buffer.from(reason)]);
  return Buffer.from(serializeFrame(true, OPCODE.close, payload)).toString('hex');
}
