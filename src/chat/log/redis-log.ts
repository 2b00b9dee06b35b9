/** The log in Redis: any number of processes serve the same rooms, in the same order. */
import type { createClient } from '@redis/client';
import { newEpoch, plainDraft } from './drafts.ts';
import { RedisConnection } from './redis-connection.ts';
import { APPEND, READ, type Script } from './redis-script.ts';
import type { Appended, Draft, Entry, Records, RoomLog, Slice, Watcher } from './room-log.ts';
import { MAX_SLICE, MAX_SLICE_BYTES } from './room-log.ts';
import { Watchers } from './watchers.ts';

export interface RedisOptions {
  /** `redis://[[user][:password]@]host[:port][/database]`, or `rediss:` */
  readonly url: string;
  /** What all keys and channels begin with, without braces. @defaultValue 'barewire:' */
  readonly prefix?: string | undefined;
  /** How many entries of a room are kept, at least; Redis removes older ones a node of about 100 at a time. @defaultValue 10000 */
  readonly keep?: number | undefined;
  /** Called with each error of the connections. They come back by themselves. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** How long an id is known, in milliseconds. */
const ID_KNOWN_MS = 24 * 60 * 60 * 1000;
/** Of how many rooms is remembered how far they had come. */
const MAX_HEADS = 10_000;

/**
 * Opens the log. Resolves also if Redis cannot be reached, after two seconds: it goes on trying. An acknowledged message is as
 * safe as Redis is: with `appendonly yes`, `appendfsync always` it survives a power cut, with `everysec` but the last seconds.
 * Redis must not evict keys (`maxmemory-policy noeviction`).
 * @throws {Error} if `@redis/client` is not installed, or the URL is none
 */
export async function openRedisLog(options: RedisOptions): Promise<RoomLog> {
  const { createClient } = await import('@redis/client').catch((cause) => {
    throw new Error('Redis needs a package: npm install @redis/client@6', { cause });
  });
  const log = new RedisLog(createClient, options);
  await log.open();
  return log;
}

class RedisLog implements RoomLog {
  readonly storage = 'redis';
  readonly accounts: Records;
  readonly #prefix: string;
  readonly #keep: number;
  readonly #commands: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly #watchers = new Watchers();
  /** How far each room had come when this process last heard of it. */
  readonly #heads = new Map<string, { epoch: string; head: number }>();

  constructor(create: typeof createClient, { url, prefix, keep, onError = () => {} }: RedisOptions) {
    this.#prefix = prefix ?? 'barewire:';
    this.#keep = keep ?? 10_000;
    this.#commands = new RedisConnection(create, url, [APPEND, READ], onError);
    this.#subscriber = new RedisConnection(create, url, [], onError);
    const accounts = `${this.#prefix}accounts`;
    this.accounts = {
      find: async (key) => (await this.#commands.ask((client) => client.hGet(accounts, key))) ?? undefined,
      add: async (key, text) =>
        (await this.#commands.ask((client) => client.hSetNX(accounts, key, text))) === 1,
    };
    this.#subscriber.client.on('ready', () => this.#watchers.each(undefined, (watcher) => watcher.doubt()));
  }

  async open(): Promise<void> {
    await Promise.all([this.#commands.open(), this.#subscriber.open()]);
  }

  async append(room: string, draft: Draft): Promise<Appended> {
    const plain = plainDraft(draft);
    const { id, kind, author, target = 0 } = plain;
    const keys = [this.#key(room, `id:${id}`)];
    const limits = [this.#keep, ID_KNOWN_MS, this.#key(room, 'hints')];
    const bare = kind === 'edit' ? JSON.stringify({ ...plain, text: '' }) : '';
    const values = [JSON.stringify(plain), bare, kind, author.id, target, ...limits];
    const answer = await this.#run(APPEND, room, keys, values);
    const [epoch, seq, at] = [answer[0]!, Number(answer[1]), Number(answer[2])];
    this.#seen(room, epoch, seq);
    return { epoch, seq, at };
  }

  async read(room: string, from: number, to: number, end: 'first' | 'last' = 'first'): Promise<Slice> {
    const bounds = [from, to].map((seq) => `${Math.min(Math.max(seq, 0), Number.MAX_SAFE_INTEGER)}-0`);
    const range = end === 'first' ? [...bounds, 'XRANGE'] : [...bounds.reverse(), 'XREVRANGE'];
    const answer = await this.#run(READ, room, [], [...range, MAX_SLICE, MAX_SLICE_BYTES]);
    const [epoch = '', floor = '', head = '', ...values] = answer;
    this.#seen(room, epoch, Number(head));
    const entries: Entry[] = [];
    for (let i = 0; i < values.length; i += 4) {
      const entry = entryOf(values[i]!, values[i + 1]!, values[i + 2]!);
      entries.push(values[i + 3] === '1' ? { ...entry, text: '' } : entry);
    }
    if (end === 'last') entries.reverse();
    return { epoch, floor: Number.parseInt(floor, 10), head: Number(head), entries };
  }

  async watch(room: string, watcher: Watcher): Promise<() => void> {
    const end = this.#watchers.add(room, watcher);
    const unwatch = () => {
      end();
      if (!this.#watchers.has(room)) this.#unsubscribe(room);
    };
    try {
      await this.#subscriber.ask((client) => client.subscribe(this.#channels(room), this.#hear));
      return unwatch;
    } catch (error) {
      unwatch();
      throw error;
    }
  }

  tell(room: string, text: string): void {
    this.#commands.ask((client) => client.publish(this.#key(room, 'told'), text)).catch(() => {});
  }

  async close(): Promise<void> {
    await Promise.all([this.#commands.close(), this.#subscriber.close()]);
  }

  readonly #hear = (message: string, channel: string): void => {
    const room = channel.slice(this.#prefix.length + 1, channel.lastIndexOf('}'));
    if (!this.#watchers.has(room)) {
      this.#unsubscribe(room);
      return;
    }
    if (channel.endsWith('told')) {
      this.#watchers.each(room, (watcher) => watcher.told(message));
      return;
    }
    const [, epoch = '', seq = '', at = '', draft = ''] = /^(\S+) (\d+) (\d+) (.*)$/s.exec(message) ?? [];
    this.#seen(room, epoch, Number(seq));
    const entry = entryOf(seq, at, draft);
    this.#watchers.each(room, (watcher) => watcher.hint(epoch, entry));
  };

  /** Where that fails, the client goes on with the room, after each reconnect too, and {@link #hear} asks again. */
  #unsubscribe(room: string): void {
    this.#subscriber.ask((client) => client.unsubscribe(this.#channels(room), this.#hear)).catch(() => {});
  }

  #channels(room: string): string[] {
    return [this.#key(room, 'hints'), this.#key(room, 'told')];
  }

  async #run(script: Script, room: string, keys: string[], values: (string | number)[]): Promise<string[]> {
    const { epoch, head } = this.#heads.get(room) ?? { epoch: '', head: 0 };
    const all = [...['room', 'log', 'erased'].map((part) => this.#key(room, part)), ...keys];
    return await this.#commands.run(script, all, [newEpoch(), epoch, head, ...values].map(String));
  }

  /** All keys of a room are in one slot of a cluster. */
  #key(room: string, part: string): string {
    return `${this.#prefix}{${room}}:${part}`;
  }

  #seen(room: string, epoch: string, head: number): void {
    const before = this.#heads.get(room);
    if (epoch === '' || (before?.epoch === epoch && before.head >= head)) return;
    this.#heads.delete(room);
    this.#heads.set(room, { epoch, head });
    if (this.#heads.size > MAX_HEADS) this.#heads.delete(this.#heads.keys().next().value!);
  }
}

function entryOf(seq: string, at: string, draft: string): Entry {
  return { seq: Number.parseInt(seq, 10), at: Number(at), ...(JSON.parse(draft) as Draft) };
}
