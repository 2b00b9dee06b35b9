/** The limits and timeouts of every socket, with their defaults. They are checked once, where a server or client is made. */
import { shown, UsageError } from '../protocol/errors.ts';
import type { NamesOf } from './option-names.ts';

/**
 * Limits and timeouts of a socket. Timeouts run on a coarse clock: they come up to 200 ms late. Time in which this process did
 * not run does not count: a turn of the event loop that takes longer than 200 ms counts as 200 ms.
 */
export interface SocketOptions {
  /**
   * The most bytes that a message may have; a bigger one closes the connection with 1009. A message that is not complete
   * takes at most three times as much memory, for the moment in which its buffer grows. `Infinity` for no limit: a single
   * peer can then take all memory.
   * @defaultValue 1 MiB
   */
  maxMessageBytes?: number;
  /**
   * The most bytes that may wait for a peer that reads slowly, frame headers included. Only a bigger message where nothing
   * else waits, Pongs for the chunk that is being read, our own Pings and the Close frame are queued beyond it. `Infinity` for no
   * limit.
   * @defaultValue 4 MiB
   */
  maxQueuedBytes?: number;
  /**
   * What happens to a message that would exceed `maxQueuedBytes`. `'close'`: it is not sent and the connection is
   * closed with 1008, so that a peer never misses a message without knowing. `'drop'`: it is not sent, `send` returns
   * false, and the connection goes on.
   * @defaultValue 'close'
   */
  whenQueueIsFull?: 'close' | 'drop';
  /**
   * How often a Ping is sent, in milliseconds; 0 for never. It measures `roundTripMs` and makes a living peer answer.
   * @defaultValue 30,000
   */
  pingIntervalMs?: number;
  /**
   * Whether the peer's Pings are answered by themselves, as §5.5.2 demands. Where not, a `ping` handler has to answer them, by
   * `socket.pong(payload)`: for proxies that pass Pings on, and for tests.
   * @defaultValue true
   */
  answersPings?: boolean;
  /**
   * Whether messages are delivered that come after `close()`, until the peer's Close frame has come. A browser drops them; so does a
   * socket by default.
   * @defaultValue false
   */
  messagesWhileClosing?: boolean;
  /**
   * Where messages that are bytes have their memory. `'own'`: each is a plain `Uint8Array`, whose `buffer` holds nothing else and
   * can be transferred. `'pool'`: each is a `Buffer`; under half of `Buffer.poolSize` (8 KiB on Node 20) it is a part of Node's pool, as
   * those that Node itself makes are. From 65 bytes on that takes a tenth of the time, but a short message that is kept keeps all
   * of its pool, and its `buffer` holds others too.
   * @defaultValue 'own'
   */
  messageMemory?: 'own' | 'pool';
  /**
   * Whether the Close frame of a connection that fails says in words which rule the peer has broken, for those who have to find
   * the bug. Without them it has the code alone, and does not tell which software this is.
   * @defaultValue true
   */
  explainsFailures?: boolean;
  /**
   * The connection is closed with 1001 after this long without a sign of life, in milliseconds; 0 for never. Signs of life
   * are bytes from the peer and bytes that it takes. Time in which messages wait for a paused reader does not count,
   * unless that reader itself waits for the peer, in `drained()` or `ping()`. It must be greater than
   * `pingIntervalMs`, better twice as long: a peer that has nothing to say shows its life by answering Pings.
   * @defaultValue 75,000
   */
  idleTimeoutMs?: number;
  /**
   * The connection is closed with 1008 when a message, or a frame, is not complete this long after its beginning, in
   * milliseconds; 0 for never. A peer that sends a byte now and then is alive, and holds memory all the same. Time in which
   * bytes wait for a paused reader does not count. Raise it for peers that send one message in parts over a long time.
   * @defaultValue 300,000
   */
  messageTimeoutMs?: number;
  /**
   * How long the closing handshake and the end of TCP may take, in milliseconds, before the transport is destroyed. The time
   * begins anew while the peer takes what is still queued.
   * @defaultValue 5,000
   */
  closeTimeoutMs?: number;
}

/** Which close codes a side may send: 1000 and 3000–4999, as the WHATWG standard has it, or all that §7.4 allows. */
export type CloseCodes = 'browser' | 'all';

/** All options with their defaults filled in. */
export type SocketLimits = Readonly<Required<SocketOptions>>;

export const SOCKET_OPTION_NAMES: NamesOf<SocketOptions> = {
  maxMessageBytes: true,
  maxQueuedBytes: true,
  whenQueueIsFull: true,
  pingIntervalMs: true,
  answersPings: true,
  messagesWhileClosing: true,
  messageMemory: true,
  explainsFailures: true,
  idleTimeoutMs: true,
  messageTimeoutMs: true,
  closeTimeoutMs: true,
};

/** Fills in the defaults. @throws {UsageError} for an invalid value */
export function socketLimits(options: SocketOptions): SocketLimits {
  const {
    maxMessageBytes = 1024 * 1024,
    maxQueuedBytes = 4 * 1024 * 1024,
    whenQueueIsFull = 'close',
    pingIntervalMs = 30_000,
    answersPings = true,
    messagesWhileClosing = false,
    messageMemory = 'own',
    explainsFailures = true,
    idleTimeoutMs = 75_000,
    messageTimeoutMs = 300_000,
    closeTimeoutMs = 5_000,
  } = options;
  if (whenQueueIsFull !== 'close' && whenQueueIsFull !== 'drop') {
    throw new UsageError(`whenQueueIsFull must be 'close' or 'drop', got ${shown(whenQueueIsFull)}`);
  }
  if (messageMemory !== 'own' && messageMemory !== 'pool') {
    throw new UsageError(`messageMemory must be 'own' or 'pool', got ${shown(messageMemory)}`);
  }
  const limits: SocketLimits = {
    maxMessageBytes: byteLimit('maxMessageBytes', maxMessageBytes),
    maxQueuedBytes: byteLimit('maxQueuedBytes', maxQueuedBytes),
    whenQueueIsFull,
    pingIntervalMs: wholeNumber('pingIntervalMs', pingIntervalMs, 0, MAX_TIMEOUT_MS),
    answersPings: yesOrNo('answersPings', answersPings),
    messagesWhileClosing: yesOrNo('messagesWhileClosing', messagesWhileClosing),
    messageMemory,
    explainsFailures: yesOrNo('explainsFailures', explainsFailures),
    idleTimeoutMs: wholeNumber('idleTimeoutMs', idleTimeoutMs, 0, MAX_TIMEOUT_MS),
    messageTimeoutMs: wholeNumber('messageTimeoutMs', messageTimeoutMs, 0, MAX_TIMEOUT_MS),
    closeTimeoutMs: wholeNumber('closeTimeoutMs', closeTimeoutMs, 0, MAX_TIMEOUT_MS),
  };
  verifySignsOfLife(limits);
  return limits;
}

function yesOrNo(name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw new UsageError(`${name} must be true or false, got ${shown(value)}`);
}

/** A limit is switched off by name, and never by an omission. @throws {UsageError} for another value */
function byteLimit(name: string, value: number): number {
  return value === Infinity ? value : wholeNumber(name, value, 1);
}

/** A peer that has nothing to say must be asked before it is taken for dead. */
function verifySignsOfLife({ pingIntervalMs, idleTimeoutMs }: SocketLimits): void {
  if (idleTimeoutMs === 0 || pingIntervalMs === 0 || pingIntervalMs < idleTimeoutMs) return;
  throw new UsageError(
    `idleTimeoutMs (${idleTimeoutMs}) must be greater than pingIntervalMs (${pingIntervalMs}), or 0 for never: ` +
      'peers that have nothing to say show their life by answering Pings',
  );
}

/** The longest delay of a timer in Node, in milliseconds. */
export const MAX_TIMEOUT_MS = 0x7fff_ffff;

/** @throws {UsageError} unless `value` is a whole number from `min` to `max` */
export function wholeNumber(
  name: string,
  value: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}, got ${shown(value)}`);
}
