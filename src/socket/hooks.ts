/** What whoever made a socket does for it, and what a server gives one that it accepts. */
import type { Duplex } from 'node:stream';
import type { ClientOptions } from '../client/options.ts';
import type { Role } from '../protocol/frame.ts';
import type { Message } from '../protocol/message.ts';
import type { DeflateAgreement } from '../protocol/permessage-deflate/negotiation.ts';
import type { TracedFrame } from '../protocol/traced-frame.ts';
import type { Topics } from '../publish/topics.ts';
import type { WireSettings } from '../transport/wire.ts';
import type { CloseInfo } from './close-info.ts';

/** What whoever made a socket does for it: the server that accepted it, or nobody. Functions that need no `this`. */
export interface Acceptor<Socket> {
  /** Which end its sockets are. */
  readonly role: Role;
  /** What the socket may subscribe to; a client's has none. */
  readonly topics?: Topics<Socket>;
  /** Set where one handler takes the messages of all sockets. */
  message?(socket: Socket, data: Message): unknown;
  /** Set where someone wants to see every frame. */
  frame?(socket: Socket, frame: TracedFrame): unknown;
  ended(socket: Socket, info: CloseInfo): void;
  /** Tells the user of an error in the user's own code. */
  report(error: unknown, socket: Socket): void;
}

/** Nobody accepted a client's socket, so nobody but its own user is told anything. */
export function acceptorOfClient<Socket>({ message, trace }: ClientOptions): Acceptor<Socket> {
  return {
    role: 'client',
    ...(message && { message: (_socket: Socket, data: Message) => message(data) }),
    ...(trace && { frame: (_socket: Socket, frame: TracedFrame) => trace(frame) }),
    ended() {},
    report: (error) => console.error('barewire: a listener failed:', error),
  };
}

/** What an accepted socket is made of. */
export interface Accepted<Data, Socket> {
  readonly url: string;
  readonly protocol: string;
  readonly deflate: DeflateAgreement | undefined;
  readonly data: Data;
  readonly transport: Duplex;
  readonly settings: WireSettings;
  readonly acceptor: Acceptor<Socket>;
}
