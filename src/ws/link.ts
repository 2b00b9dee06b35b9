/** Between a WebSocket as ws has it and the socket of barewire that does the work. */
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import {
  type AdoptedClientOptions,
  adopt,
  type CloseInfo,
  type ProtocolError,
  type ServerOptions,
  type SocketOptions,
  type WebSocket,
  WebSocketServer,
} from '../index.ts';
import { throwOutside } from './errors.ts';
import { deflateOptions, type PerMessageDeflateOptions, windowsOf } from './permessage-deflate.ts';

/** A socket of barewire. */
export type Peer = WebSocket<unknown>;

/** What a connection is made with, on both sides. */
export interface ConnectionOptions {
  /** Whether several events may be emitted in one turn of the event loop. @defaultValue true */
  allowSynchronousEvents?: boolean | undefined;
  /** Whether Pings are answered. @defaultValue true */
  autoPong?: boolean | undefined;
  /** How long the closing handshake may take, in milliseconds. @defaultValue 30,000 */
  closeTimeout?: number | undefined;
  /** The most bytes that a message may have; 0 for no limit. @defaultValue 100 MiB */
  maxPayload?: number | undefined;
  perMessageDeflate?: boolean | PerMessageDeflateOptions | null | undefined;
  /** Fills in a masking key, on a client. */
  generateMask?: ((mask: Buffer) => void) | undefined;
  /** Not used: text is always verified. */
  skipUTF8Validation?: boolean | undefined;
  /** Not used: the limit follows from `maxPayload`. */
  maxFragments?: number | undefined;
  /** Not used: nothing is kept in chunks. */
  maxBufferedChunks?: number | undefined;
  /** Not used: to a peer that reads nothing, only the latest Ping is answered. */
  maxPendingAutoPongs?: number | undefined;
}

/** What the opening handshake has agreed on. */
export interface Agreed {
  readonly head: Uint8Array;
  readonly url?: string;
  readonly protocol?: string;
  readonly extensions?: string;
}

export const kMessage: unique symbol = Symbol('message');
export const kPing: unique symbol = Symbol('ping');
export const kPong: unique symbol = Symbol('pong');
export const kViolation: unique symbol = Symbol('violation');
export const kEnd: unique symbol = Symbol('end');
export const kOpen: unique symbol = Symbol('open');

/** The end of a link that ws's users see. */
export interface Owner {
  /** The connection is open. Called once, before anything else. */
  [kOpen](peer: Peer, transport: Duplex, options: ConnectionOptions): void;
  [kMessage](data: Uint8Array, isText: boolean): void;
  /** @param isAnswered whether it is to be answered */
  [kPing](payload: Uint8Array, isAnswered: boolean): void;
  [kPong](payload: Uint8Array): void;
  /** The peer has broken a rule, and the connection is closing for it. */
  [kViolation](error: ProtocolError): void;
  [kEnd](info: CloseInfo): void;
}

/** That of ws. */
export const CLOSE_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 0x7fff_ffff;

/** The limits of ws, and none where it has none. */
function limitsOf({ closeTimeout = CLOSE_TIMEOUT_MS, maxPayload }: ConnectionOptions): SocketOptions {
  const mostBytes = maxPayload === undefined ? 100 * 1024 * 1024 : maxPayload | 0;
  return {
    maxMessageBytes: mostBytes > 0 ? mostBytes : Infinity,
    maxQueuedBytes: Infinity,
    pingIntervalMs: 0,
    idleTimeoutMs: 0,
    messageTimeoutMs: 0,
    closeTimeoutMs: Math.min(Math.max(Math.trunc(closeTimeout) || 0, 0), MAX_TIMEOUT_MS),
    answersPings: false, // see pongs.ts
    messagesWhileClosing: true,
    messageMemory: 'pool',
    explainsFailures: false,
  };
}

/** Makes the client's end of a connection. */
export function linkClient(
  owner: Owner,
  transport: Duplex,
  agreed: Agreed,
  options: ConnectionOptions,
): void {
  const { autoPong = true, generateMask } = options;
  const made: AdoptedClientOptions = {
    ...limitsOf(options),
    closeCodes: 'all',
    perMessageDeflate: windowsOf(deflateOptions(options.perMessageDeflate), 'client'),
    bytes: (data, isText) => owner[kMessage](data, isText),
    ping: (payload) => owner[kPing](payload, autoPong),
    pong: (payload) => owner[kPong](payload),
    violation: (error) => owner[kViolation](error),
    ...(generateMask && { maskingKey: keysOf(generateMask) }),
  };
  const peer: Peer = adopt(transport, agreed, made);
  // Outside of the promise, whose errors would be rejections.
  void peer.closed.then((info) => nextTick(() => owner[kEnd](info)));
  owner[kOpen](peer, transport, options);
}

function keysOf(generateMask: (mask: Buffer) => void): () => number {
  const mask = Buffer.alloc(4);
  return () => {
    generateMask(mask);
    return mask.readInt32BE(0);
  };
}

/** Makes the server's ends: one for all connections of a server. */
export class ServerLinks {
  readonly #server: WebSocketServer<Owner | undefined>;
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { autoPong = true } = options;
    const deflate = deflateOptions(options.perMessageDeflate);
    const made: ServerOptions<Owner | undefined> = {
      ...limitsOf(options),
      perMessageDeflate: deflate !== undefined && windowsOf(deflate, 'server'),
    };
    this.#server = new WebSocketServer<Owner | undefined>(made, {
      bytes: ({ data: owner }, data, isText) => owner![kMessage](data, isText),
      ping: ({ data: owner }, payload) => owner![kPing](payload, autoPong),
      pong: ({ data: owner }, payload) => owner![kPong](payload),
      violation: ({ data: owner }, error) => owner![kViolation](error),
      close: ({ data: owner }, info) => owner![kEnd](info),
      error: throwOutside,
    });
  }

  link(owner: Owner, transport: Duplex, agreed: Agreed): void {
    const peer: Peer = this.#server.adopt(transport, { ...agreed, data: owner });
    owner[kOpen](peer, transport, this.#options);
  }
}

/** Makes an end of a connection whose opening handshake something else has done. */
export function linkTo(
  owner: Owner & { readonly _isServer: boolean },
  transport: Duplex,
  head: Uint8Array,
  options: ConnectionOptions,
): void {
  if (owner._isServer) new ServerLinks(options).link(owner, transport, { head });
  else linkClient(owner, transport, { head }, options);
}
