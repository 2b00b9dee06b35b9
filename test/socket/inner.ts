/** Inner sockets on a transport within this process, with hooks that record. */
import { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { CloseInfo } from '../../src/socket/close-info.ts';
import type { SocketHooks } from '../../src/socket/hooks.ts';
import { InnerSocket } from '../../src/socket/inner-socket.ts';
import { socketOf } from '../../src/socket/ready-made.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { type SocketOptions, socketLimits } from '../../src/transport/socket-options.ts';

export type Inner = InnerSocket<WebSocket<undefined>>;
export type Hooks = SocketHooks<WebSocket<undefined>>;

export interface Connected {
  readonly inner: Inner;
  readonly socket: WebSocket<undefined>;
  readonly transport: Transport;
  /** The ends that the hooks were told. */
  readonly ended: CloseInfo[];
  /** The errors that the hooks were told. */
  readonly reported: unknown[];
}

/** Takes bytes, and gives those that a test pushes. */
class Transport extends Duplex {
  readonly writes: Buffer[] = [];
  /** While set, what is written is not taken. */
  isStuck = false;
  #onTaken: (() => void) | undefined;

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(bytes);
    if (this.isStuck) this.#onTaken = done;
    else done();
  }

  takeAll(): void {
    this.isStuck = false;
    this.#onTaken?.();
  }

  /** Everything that was written, as hex. */
  get written(): string {
    return Buffer.concat(this.writes).toString('hex');
  }
}

/** A later turn of the event loop, in which everything that was due is done. */
export async function turn(): Promise<void> {
  for (let count = 0; count < 5; count++) await new Promise(setImmediate);
}

/** An inner socket with a WebSocket in front, without a connection. */
export function unconnected(hooks: Partial<Hooks> = {}, options: SocketOptions = {}) {
  const ended: CloseInfo[] = [];
  const reported: unknown[] = [];
  const all: Hooks = {
    role: 'server',
    closeCodes: 'all',
    limits: socketLimits(options),
    thresholdBytes: 0,
    ended: (_socket, info) => ended.push(info),
    report: (error) => reported.push(error),
    ...hooks,
  };
  const agreement = { url: 'ws://localhost/', protocol: '', extensions: '' };
  const inner: Inner = new InnerSocket(all, agreement);
  const socket = socketOf(inner, undefined);
  return { inner, socket, ended, reported };
}

/** The same, connected to a transport. Nothing is read before `inner.start`. */
export function connected(hooks: Partial<Hooks> = {}, options: SocketOptions = {}): Connected {
  const made = unconnected(hooks, options);
  const transport = new Transport();
  onTestFinished(() => void transport.destroy());
  made.inner.connect(transport, undefined);
  return { ...made, transport };
}

/** The same, reading. */
export function started(hooks: Partial<Hooks> = {}, options: SocketOptions = {}): Connected {
  const made = connected(hooks, options);
  made.inner.start(new Uint8Array(0));
  return made;
}
