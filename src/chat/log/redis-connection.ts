/** One connection to Redis, which comes back by itself. What it cannot do at once, it refuses soon. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { createClient } from '@redis/client';
import type { Script } from './redis-script.ts';
import { LogUnavailableError } from './room-log.ts';

/** How long an answer may take, in milliseconds. */
const TIMEOUT_MS = 2000;
/** The most that waits for an answer. */
const MAX_WAITING = 10_000;
const NO_ANSWER = 'Redis does not answer';

type Client = ReturnType<typeof createClient>;

export class RedisConnection {
  readonly client: Client;
  /** How many were given up that Redis may still answer. While there are any, nothing more is sent. */
  #late = 0;
  #isClosed = false;

  /** @param scripts loaded first on each connection, so that what is sent runs in the order in which it was */
  constructor(
    create: typeof createClient,
    url: string,
    scripts: readonly Script[],
    onError: (error: Error) => void,
  ) {
    this.client = create({
      url,
      disableOfflineQueue: true,
      commandsQueueMaxLength: MAX_WAITING,
      pingInterval: TIMEOUT_MS, // with `socketTimeout` it ends a connection that is dead and does not know it
      socket: {
        connectTimeout: TIMEOUT_MS,
        socketTimeout: 2 * TIMEOUT_MS,
        reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, 2000) * (0.5 + Math.random() / 2),
      },
    });
    this.client.on('error', onError);
    this.client.on('ready', () => {
      for (const { source } of scripts) this.client.scriptLoad(source).catch(onError);
    });
  }

  /** Begins to connect, and goes on with it. Resolves when it has, or after two seconds. */
  async open(): Promise<void> {
    const connected = this.client.connect().catch(() => {}); // rejects only when it is closed
    await Promise.race([connected, sleep(TIMEOUT_MS, undefined, { ref: false })]);
  }

  /** @throws {LogUnavailableError} at once without a connection; after two seconds without an answer */
  async ask<T>(send: (client: Client) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new LogUnavailableError('the log is closed');
    if (!this.client.isReady) throw new LogUnavailableError('Redis cannot be reached');
    if (this.#late > 0) throw new LogUnavailableError(NO_ANSWER);
    const sent = send(this.client);
    return await new Promise((resolve, reject) => {
      let late = 0;
      const timer = setTimeout(() => {
        this.#late += late = 1;
        reject(new LogUnavailableError(NO_ANSWER));
      }, TIMEOUT_MS);
      const answered = sent.finally(() => {
        clearTimeout(timer);
        this.#late -= late;
      });
      answered.then(resolve, (cause: Error) =>
        reject(new LogUnavailableError(`Redis: ${cause.message}`, { cause })),
      );
    });
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

  /** Waits for the answers that are due, for at most two seconds. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.race([this.client.close().catch(() => {}), sleep(TIMEOUT_MS, undefined, { ref: false })]);
    this.client.destroy();
  }
}
