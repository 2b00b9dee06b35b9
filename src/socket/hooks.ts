/** What a socket gets from its maker: the server that accepted it, or the options of a client. */
import type { ProtocolError } from '../protocol/errors.ts';
import type { Role } from '../protocol/frame.ts';
import type { Message } from '../protocol/message.ts';
import type { TracedFrame } from '../protocol/traced-frame.ts';
import type { Subscriber } from '../publish/subscriber.ts';
import type { Topics } from '../publish/topics.ts';
import type { CloseCodes } from '../transport/socket-options.ts';
import type { WireSettings } from '../transport/wire.ts';
import type { CloseInfo } from './close-info.ts';

/** One object for all sockets of a server; a client has its own. The functions need no `this`. */
export interface SocketHooks<Socket extends EventTarget> extends WireSettings {
  readonly role: Role;
  /** Which codes `close` may send. */
  readonly closeCodes: CloseCodes;
  /** As `ConnectionOptions.maskingKey`. */
  readonly maskingKey?: (() => number) | undefined;
  /** Messages of at least this many bytes are compressed, where that was negotiated. */
  readonly thresholdBytes: number;
  /** Where a server's sockets subscribe. A client has no topics. */
  readonly topics?: Topics<Subscriber>;
  /** The user's handler for messages, if there is one. */
  message?(socket: Socket, data: Message, isText: boolean): unknown;
  /** Whether that handler takes text as bytes. */
  readonly keepsText?: boolean;
  /** The user's handlers for Pings and Pongs, if there are any. */
  ping?(socket: Socket, payload: Uint8Array): unknown;
  pong?(socket: Socket, payload: Uint8Array): unknown;
  /** The user's handler for rules that the peer has broken, if there is one. */
  violation?(socket: Socket, error: ProtocolError): unknown;
  /** The user's handler for frames, if there is one. */
  frame?(socket: Socket, frame: TracedFrame): unknown;
  /** The socket has ended, and its listeners have been called. Must not throw. */
  ended(socket: Socket, info: CloseInfo): void;
  /** Tells the user of an error in the user's own code. Must not throw. */
  report(error: unknown, socket: Socket): void;
}
