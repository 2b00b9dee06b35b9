/** A client that keeps what comes to it. The client is `ws`, which is none of ours. */
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { WebSocket as Client, type ClientOptions } from 'ws';

export class Member {
  readonly socket: Client;
  /** What came, in its order: text as strings, binary as bytes. */
  readonly received: (string | Buffer)[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;

  private constructor(socket: Client) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => {
      this.received.push(isBinary ? (data as Buffer) : data.toString());
    });
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
    onTestFinished(() => socket.terminate());
  }

  static async join(url: string, options: ClientOptions = {}): Promise<Member> {
    const member = new Member(new Client(url, options));
    await Promise.race([
      once(member.socket, 'open'),
      member.closed.then(() => Promise.reject(new Error(`${url} let nobody in`))),
    ]);
    return member;
  }

  say(data: string | Uint8Array): void {
    this.socket.send(data);
  }

  /** Waits until so many messages have come in all. */
  async hears(count: number): Promise<(string | Buffer)[]> {
    while (this.received.length < count) {
      const isOpen = await Promise.race([
        once(this.socket, 'message').then(() => true),
        this.closed.then(() => false),
      ]);
      if (!isOpen && this.received.length < count) throw new Error(`closed after ${this.received}`);
    }
    return this.received;
  }
}

/** The HTTP status of the answer to an opening handshake: 101 if it was let in. */
export async function statusOf(url: string, options: ClientOptions = {}): Promise<number> {
  const socket = new Client(url, options);
  onTestFinished(() => socket.terminate());
  return await new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
  });
}
