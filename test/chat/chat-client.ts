/** Somebody with a session who speaks chat.v1. The client is `ws`, which is none of ours. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { WebSocket as Client } from 'ws';
import type { Limits } from '../../src/chat/limits.ts';
import type { Author, Entry } from '../../src/chat/log/room-log.ts';
import type { Place } from '../../src/chat/rooms/cursor.ts';

/** Any message of the server; a test knows which fields its type has. */
export interface Answer {
  readonly type: string;
  readonly room: string;
  readonly id: string;
  readonly epoch: string;
  readonly seq: number;
  readonly from: number;
  readonly floor: number;
  readonly head: number;
  readonly next: number;
  readonly reason: string;
  readonly entries: Entry[];
  readonly members: Author[];
  readonly count: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs: number;
  readonly on: boolean;
  readonly storage: string;
  readonly search: boolean;
  readonly you: Author;
  readonly limits: Limits;
  readonly available: boolean;
}

/** Signs in with a nickname. @returns the cookie */
export async function signIn(base: string, name: string): Promise<string> {
  const response = await fetch(new URL('/api/session', base), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return (response.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
}

export class ChatClient {
  readonly socket: Client;
  /** What came and was not asked for yet, in its order. */
  readonly answers: Answer[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #arrivals = new EventTarget();

  private constructor(socket: Client) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data) => {
      this.answers.push(JSON.parse(data.toString()));
      this.#arrivals.dispatchEvent(new Event('answer'));
    });
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
    onTestFinished(() => socket.terminate());
  }

  /** @param base the URL of the page */
  static async connect(base: string, name: string, cookie?: string): Promise<ChatClient> {
    const headers = { cookie: cookie ?? (await signIn(base, name)) };
    const url = new URL('/chat', base.replace('http', 'ws'));
    const client = new ChatClient(new Client(url, 'chat.v1', { headers }));
    await Promise.race([
      once(client.socket, 'open'),
      client.closed.then(() => Promise.reject(new Error('refused'))),
    ]);
    return client;
  }

  send(request: object): void {
    this.socket.send(JSON.stringify(request));
  }

  /** The next answer of a type; those before it are skipped, those of other types stay. */
  async next(type: string, isMeant: (answer: Answer) => boolean = () => true): Promise<Answer> {
    for (;;) {
      const index = this.answers.findIndex((answer) => answer.type === type && isMeant(answer));
      if (index >= 0) return this.answers.splice(index, 1)[0]!;
      await Promise.race([
        new Promise((resolve) => this.#arrivals.addEventListener('answer', resolve, { once: true })),
        this.closed.then(({ code }) => Promise.reject(new Error(`closed with ${code}, before ${type}`))),
      ]);
    }
  }

  /** Entries of a room, as many as asked for. */
  async entries(count: number): Promise<Entry[]> {
    const entries: Entry[] = [];
    while (entries.length < count) entries.push(...(await this.next('entries')).entries);
    return entries;
  }

  async join(room: string, after?: Place): Promise<Answer> {
    this.send({ type: 'join', room, after });
    return await this.next('joined', (answer) => answer.room === room);
  }

  /** Says something, and waits until it is kept. */
  async say(room: string, text: string, id: string = randomUUID()): Promise<Answer> {
    this.send({ type: 'say', room, id, text });
    return await this.next('ack', (answer) => answer.id === id);
  }
}
