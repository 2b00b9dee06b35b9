/** Requests for an upgrade, on a transport within this process. */
import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { KEY } from '../support/raw-client.ts';

/** Takes bytes, and gives those that a test pushes. */
export class Transport extends Duplex {
  written = '';

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.written += bytes.toString('latin1');
    done();
  }

  /** The status of the answer, or undefined if there is none. */
  get status(): number | undefined {
    const status = /^HTTP\/1\.1 (\d+)/.exec(this.written)?.[1];
    return status === undefined ? undefined : Number(status);
  }
}

/** A good request, with headers replaced, removed (undefined) or added. */
export function upgrade(
  headers: Record<string, string | undefined> = {},
  url: string | undefined = '/',
  transport: Transport = new Transport(),
): { request: IncomingMessage; transport: Transport } {
  const all = {
    host: 'localhost',
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': KEY,
    'sec-websocket-version': '13',
    ...headers,
  };
  const request = { method: 'GET', httpVersion: '1.1', url, headers: all, rawHeaders: [], socket: transport };
  return { request: request as unknown as IncomingMessage, transport };
}
