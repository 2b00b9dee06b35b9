/** The log in Redis: any number of processes serve the same rooms, in the same order. */
import { newEpoch, plainDraft } from './drafts.ts';
import { loadClient, RedisConnection } from './redis-connection.ts';
import { APPEND, READ, type Script } from './redis-script.ts';
import {
  type Appended,
  type Draft,
  type Entry,
  MAX_SLICE,
  type RoomLog,
  type Slice,
  type Watcher,
} from './room-log.ts';
import { Watchers } from './watchers.ts';

export interface RedisOptions {
  /** `redis://[[user][:password]@]host[:port][/database]`, or `rediss:` */
  readonly url: string;
  /** What all keys and channels begin with, without braces. @defaultValue 'barewire:' */
  readonly prefix?: string | undefined;
  /** How many entries of a room are kept, at least; Redis removes older ones a node of about 100 at a time. @defaultValue 10000 */
  readonly keep?: number | undefined;
  /** Called with each error of the connections. They come back by themselves. */
  onError?(error: Error): void;
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
export async function openRedisLog({
  url,
  prefix = 'barewire:',
  keep = 10_000,
  onError,
}: RedisOptions): Promise<RoomLog> {
  const create = await loadClient();
  const noteError = (error: Error) => onError?.(error);
  const commands = new RedisConnection(create, url, [APPEND, READ], noteError);
  const subscriber = new RedisConnection(create, url, [], noteError);
  const log = new RedisLog(commands, subscriber, prefix, keep);
  await Promise.all([commands.open(), subscriber.open()]);
  return log;
}

class RedisLog implements RoomLog {
  readonly storage = 'redis';
  readonly #commands: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly #prefix: string;
  readonly #keep: number;
  readonly #watchers = new Watchers();
  /** How far each room had come when this process last heard of it. */
  readonly #heads = new Map<string, { epoch: string; head: number }>();

  constructor(commands: RedisConnection, subscriber: RedisConnection, prefix: string, keep: number) {
    this.#commands = commands;
    this.#subscriber = subscriber;
    this.#prefix = prefix;
    this.#keep = keep;
    subscriber.client.on('ready', () => this.#watchers.doubt());
  }

  async append(room: string, draft: Draft): Promise<Appended> {
    const plain = plainDraft(draft);
    const { id, kind, author, target = 0 } = plain;
    const more = [
      JSON.stringify(plain),
      kind,
      author.id,
      target,
      this.#keep,
      ID_KNOWN_MS,
      this.#key(room, 'hints'),
    ];
    const answer = await this.#run(APPEND, room, [this.#key(room, `id:${id}`)], more);
    const [epoch, seq, at] = [answer[0]!, Number(answer[1]), Number(answer[2])];
    this.#seen(room, epoch, seq);
    return { epoch, seq, at, isDuplicate: answer[3] === '1' };
  }

  async read(room: string, from: number, to: number): Promise<Slice> {
    const bounds = [from, to].map((seq) => `${Math.min(Math.max(seq, 0), Number.MAX_SAFE_INTEGER)}-0`);
    const [epoch = '', floor = '', head = '', ...values] = await this.#run(
      READ,
      room,
      [],
      [...bounds, MAX_SLICE],
    );
    this.#seen(room, epoch, Number(head));
    const entries: Entry[] = [];
    for (let i = 0; i < values.length; i += 4) {
      const entry = entryOf(values[i]!, values[i + 1]!, values[i + 2]!);
      entries.push(values[i + 3] === '1' ? { ...entry, text: '' } : entry);
    }
    return { epoch, floor: Number.parseInt(floor, 10), head: Number(head), entries };
  }

  async watch(room: string, watcher: Watcher): Promise<() => void> {
    const channels = [this.#key(room, 'hints'), this.#key(room, 'told')];
    const end = this.#watchers.add(room, watcher);
    const unwatch = () => {
      end();
      if (this.#watchers.has(room)) return;
      this.#subscriber.ask((client) => client.unsubscribe(channels, this.#hear)).catch(() => {});
    };
    try {
      await this.#subscriber.ask((client) => client.subscribe(channels, this.#hear));
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
    this.#watchers.clear();
  }

  readonly #hear = (message: string, channel: string): void => {
    const room = channel.slice(this.#prefix.length + 1, channel.lastIndexOf('}'));
    if (channel.endsWith('told')) {
      this.#watchers.tell(room, message);
      return;
    }
    const [, epoch = '', seq = '', at = '', draft = ''] = /^(\S+) (\d+) (\d+) (.*)$/s.exec(message) ?? [];
    this.#seen(room, epoch, Number(seq));
    this.#watchers.hint(room, epoch, entryOf(seq, at, draft));
  };

  async #run(script: Script, room: string, keys: string[], values: (string | number)[]): Promise<string[]> {
    const { epoch, head } = this.#heads.get(room) ?? { epoch: '', head: 0 };
    const stored = ['room', 'log', 'erased'].map((part) => this.#key(room, part));
    return await this.#commands.run(
      script,
      [...stored, ...keys],
      [newEpoch(), epoch, head, ...values].map(String),
    );
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
