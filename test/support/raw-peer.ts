/** One end of a TCP connection, in bytes: for what no proper end can be made to do. */
import type { Socket } from 'node:net';

export class RawPeer {
  readonly socket: Socket;
  /** Everything that came. */
  received: Buffer = Buffer.alloc(0);
  /** How many chunks it came in. */
  chunks = 0;
  readonly #changed = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => this.#notify());
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.chunks++;
      this.#notify();
    });
  }

  write(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** The head of an HTTP message, which is taken off what was received. */
  async head(): Promise<string> {
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

  /** Everything until the other end ends the connection, as hex. */
  async rest(): Promise<string> {
    await this.ended();
    return this.received.toString('hex');
  }

  /** Waits for the other end to end its half. */
  async ended(): Promise<void> {
    if (this.socket.readableEnded || this.socket.destroyed) return;
    await new Promise((resolve) => this.socket.once('end', resolve).once('close', resolve));
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
