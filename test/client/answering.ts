/** Transports within this process that answer the opening handshake. */
import { Duplex } from 'node:stream';
import { acceptKey } from 'barewire/protocol';

/** The head of an answer. */
export function head(statusLine: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${statusLine}`, ...lines, '', ''].join('\r\n');
}

/** A good answer to a request, with more headers. */
export function acceptance(request: string, headers: Record<string, string> = {}): string {
  const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(request)![1]!;
  return head('101 Switching Protocols', {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptKey(key),
    ...headers,
  });
}

/** Answers the request as `answer` tells, and keeps it. */
export class Answering extends Duplex {
  request = '';
  readonly #answer: (request: string) => string | Buffer | undefined;
  readonly #afterwards: () => unknown;

  /** @param afterwards called when the answer was given */
  constructor(
    answer: (request: string) => string | Buffer | undefined = (request) => acceptance(request),
    afterwards: () => unknown = () => {},
  ) {
    super();
    this.#answer = answer;
    this.#afterwards = afterwards;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    done();
    if (this.request.includes('\r\n\r\n')) return;
    this.request += chunk.toString('latin1');
    if (!this.request.includes('\r\n\r\n')) return;
    const answer = this.#answer(this.request);
    if (answer !== undefined) this.push(answer);
    this.#afterwards();
  }
}
