/** What a user gives a server: options, and handlers. */
import type { IncomingMessage } from 'node:http';
import type { TracedFrame } from '../protocol/connection.ts';
import type { HeaderLines } from '../protocol/handshake/request.ts';
import { Refusal } from '../protocol/handshake/server.ts';
import type { Message } from '../protocol/message.ts';
import type { SendOptions } from '../socket/arguments.ts';
import type { CloseInfo } from '../socket/close-info.ts';
import type { WebSocket } from '../socket/websocket.ts';
import type { DeflateOptions } from '../transport/deflate-options.ts';
import type { SocketOptions } from '../transport/socket-options.ts';

/** What a server does with its sockets: one object for all of them. Each function may be async. */
export interface Handlers<Data = undefined> {
  /** A socket has opened. Messages wait until this is done, a promise included, or someone listens. */
  open?(socket: WebSocket<Data>, request: IncomingMessage): unknown;
  /**
   * A message has come: a `string`, or a `Uint8Array` that is yours. The next one does not wait for a promise that this
   * returns; where messages are to be handled one after the other, use a `for await` loop.
   */
  message?(socket: WebSocket<Data>, data: Message): unknown;
  /** Every frame that goes or comes, for those who look for a fault or learn the protocol. */
  frame?(socket: WebSocket<Data>, frame: TracedFrame): unknown;
  /**
   * A socket is gone. Called once for each that opened. It has left its topics, and `socket.subscriptions` still tells which
   * these were.
   */
  close?(socket: WebSocket<Data>, info: CloseInfo): unknown;
  /**
   * Something that you gave this server threw, or rejected its promise: a handler, a listener, `authorize`. Its socket
   * is closed with 1011. Called once for each error. Without this, errors are written to the console.
   */
  error?(error: unknown, socket: WebSocket<Data> | undefined): void;
  /** A request was refused, by a rule of the handshake (`refusal.id`) or by `authorize`. */
  refused?(request: IncomingMessage, refusal: Refusal): unknown;
}

/** What `authorize` may say. */
export type Verdict<Data> = Data | Refusal | false;

export interface ServerOptions<Data = undefined> extends SocketOptions {
  /** The path that is served, without a query; requests for others get 404. @defaultValue every path */
  path?: string;
  /**
   * Origins that may connect besides the server's own: as browsers write them, `https://example.com` or `null`; `'*'`
   * lets every page of the web connect with the cookies of its visitors. What is no browser sends no Origin, and
   * may always connect.
   * @defaultValue none: same origin only
   */
  allowedOrigins?: readonly string[] | '*';
  /**
   * The values of Host that this server answers to, such as `example.com` or `localhost:8080`; one without a port
   * stands for all its ports. A request that names another gets 421. For servers that trust whoever can reach them,
   * on the loopback interface above all: any name may be pointed at them, and its page is then of the same origin.
   * Your own routes beside it can ask `isAllowedHost`.
   * @defaultValue every host
   */
  allowedHosts?: readonly string[] | undefined;
  /**
   * The last word before a request becomes a WebSocket. What it returns is the socket's `data`; to refuse, return
   * {@link refuse}, or `false` for a plain 403. If it throws, the answer is 500.
   */
  authorize?(request: IncomingMessage): Verdict<Data> | Promise<Verdict<Data>>;
  /**
   * The subprotocols that are spoken, in the order of preference, or a function that chooses one of those offered.
   * If none is chosen, the connection goes on without.
   * @defaultValue none
   */
  subprotocols?:
    | readonly string[]
    | ((offered: readonly string[], request: IncomingMessage) => string | undefined);
  /**
   * Whether messages are compressed for clients that offer it (RFC 7692). It saves bytes and costs time and memory: a
   * choice for each application.
   * @defaultValue false
   */
  perMessageDeflate?: boolean | DeflateOptions;
  /**
   * How long the request may take to come, on a port of its own, and then again how long `authorize` may take, in
   * milliseconds. An HTTP server that this one is attached to has its own limits for requests.
   * @defaultValue 10,000
   */
  handshakeTimeoutMs?: number;
}

/** How a message is sent to many. */
export interface PublishOptions extends SendOptions {
  /** The one socket that does not get it: whoever said it, as a rule. @defaultValue none */
  readonly except?: WebSocket | undefined;
}

/** How a server says goodbye. */
export interface ServerCloseOptions {
  /** @defaultValue 1001, going away */
  code?: number;
  reason?: string;
  /** How long peers have to answer, in milliseconds. @defaultValue `closeTimeoutMs` */
  timeoutMs?: number;
}

/**
 * Refuses a request in `authorize`.
 * @param status an HTTP status, such as 401, 403 or 429
 * @param message one sentence for the body of the answer
 * @param headers more header lines
 */
export function refuse(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  const lines: HeaderLines = Object.entries(headers);
  return new Refusal(status, message, lines);
}
