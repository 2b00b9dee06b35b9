/** One connection to Redis, which comes back by itself. What it cannot do at once, it refuses soon. */
import type { createClient } from '@redis/client';
import type { Script } from './redis-script.ts';
import { LogUnavailableError } from './room-log.ts';

/** How long an answer may take, in milliseconds. */
const TIMEOUT_MS = 2000;
/** The most that waits for an answer. */
const MAX_WAITING = 10_000;

export type Client = ReturnType<typeof createClient>;

/** @throws {Error} that says what to install */
export async function loadClient(): Promise<typeof createClient> {
  try {
    return (await import('@redis/client')).createClient;
  } catch (cause) {
    throw new Error('Redis needs the package @redis/client: npm install @redis/client@6', { cause });
  }
}

export class RedisConnection {
  readonly client: Client;
  readonly #waiting = new Set<Promise<unknown>>();
  readonly #scripts: readonly Script[];
  /** How many have been given up that Redis may still answer. While there are any, nothing more is sent. */
  #late = 0;
  #isClosed = false;

  /** @param scripts loaded whenever the connection begins, so that what is sent runs in the order in which it was */
  constructor(
    create: typeof createClient,
    url: string,
    scripts: readonly Script[],
    onError: (error: Error) => void,
  ) {
    this.#scripts = scripts;
    this.client = create({
      url,
      disableOfflineQueue: true,
      commandsQueueMaxLength: MAX_WAITING,
      // A connection on which even PING is not answered is given up.
      pingInterval: TIMEOUT_MS,
      socket: {
        connectTimeout: TIMEOUT_MS,
        socketTimeout: 2 * TIMEOUT_MS,
        reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, 2000) * (0.5 + Math.random() / 2),
      },
    });
    this.client.on('error', onError);
    this.client.on('ready', () => {
      for (const { source } of this.#scripts) this.client.scriptLoad(source).catch(onError);
    });
  }

  /** Begins to connect, and goes on with it. Resolves when it has, or after two seconds. */
  async open(): Promise<void> {
    const connected = this.client.connect().catch(() => {}); // rejects only when it is closed
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([connected, new Promise((resolve) => (timer = setTimeout(resolve, TIMEOUT_MS)))]);
    clearTimeout(timer);
  }

  /** @throws {LogUnavailableError} at once without a connection; after two seconds without an answer */
  async ask<T>(send: (client: Client) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new LogUnavailableError('the log is closed');
    if (!this.client.isReady) throw new LogUnavailableError('Redis cannot be reached');
    if (this.#late > 0) throw new LogUnavailableError('Redis does not answer');
    const sent = send(this.client);
    this.#waiting.add(sent);
    try {
      return await this.#soon(sent);
    } finally {
      this.#waiting.delete(sent);
    }
  }

  async run(script: Script, keys: readonly string[], values: readonly string[]): Promise<string[]> {
    const rest = [`${keys.length}`, ...keys, ...values];
    return await this.ask(async (client) => {
      try {
        return await client.sendCommand(['EVALSHA', script.sha1, ...rest]);
      } catch (error) {
        if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
        return await client.sendCommand(['EVAL', script.source, ...rest]); // somebody has flushed the scripts
      }
    });
  }

  /** Waits for the answers that are due. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.race([
      Promise.allSettled(this.#waiting),
      this.#soon(new Promise(() => {})).catch(() => {}),
    ]);
    this.client.destroy();
  }

  #soon<T>(sent: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        this.#late++;
        reject(new LogUnavailableError('Redis does not answer'));
      }, TIMEOUT_MS);
      const answered = () => {
        clearTimeout(timer);
        if (isLate) this.#late--;
      };
      sent.then(resolve, (cause: Error) =>
        reject(new LogUnavailableError(`Redis: ${cause.message}`, { cause })),
      );
      sent.then(answered, answered);
    });
  }
}
