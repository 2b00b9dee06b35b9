/** What a server and the sockets that it accepts do for each other, and users do not see. */
import type { Duplex } from 'node:stream';
import type { CloseInfo } from './close-info.ts';
import type { Message } from './protocol/message.ts';
import type { DeflateAgreement } from './protocol/permessage-deflate/negotiation.ts';
import type { PreparedMessage } from './protocol/prepared-message.ts';
import type { TracedFrame } from './protocol/traced-frame.ts';
import type { WebSocket } from './websocket.ts';
import type { WireSettings } from './wire.ts';

/** What whoever made a socket does for it: the server that accepted it, or nobody. Functions that need no `this`. */
export interface Acceptor<Data> {
  /** Set where one handler takes the messages of all sockets. */
  message?(socket: WebSocket<Data>, data: Message): unknown;
  /** Set where someone wants to see every frame. */
  frame?(socket: WebSocket<Data>, frame: TracedFrame): unknown;
  ended(socket: WebSocket<Data>, info: CloseInfo): void;
  /** Tells the user of an error in the user's own code. */
  report(error: unknown, socket: WebSocket<Data>): void;
}

/** What an accepted socket is made of. */
export interface Accepted<Data> {
  readonly url: string;
  readonly protocol: string;
  readonly deflate: DeflateAgreement | undefined;
  readonly data: Data;
  readonly transport: Duplex;
  readonly settings: WireSettings;
  readonly acceptor: Acceptor<Data>;
}

/** What the server may do to a socket and its user may not. */
export interface Internals {
  accept<Data>(accepted: Accepted<Data>): WebSocket<Data>;
  /** Begins to read. */
  start(socket: WebSocket, head: Uint8Array): void;
  /** The open handler is done: messages that nobody has claimed by now are dropped. */
  ready(socket: WebSocket): void;
  /** A handler has thrown. */
  handlerFailed(socket: WebSocket, error: unknown): void;
  /** Sends a message that goes to many. */
  sendPrepared(socket: WebSocket, message: PreparedMessage, compress: boolean): boolean;
}
