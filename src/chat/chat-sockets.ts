/** The WebSocket side of the chat: who may connect, and what becomes of a connection. */
import type { IncomingMessage } from 'node:http';
import { type Refusal, refuse, type ServerOptions, type WebSocket, WebSocketServer } from '../index.ts';
import type { AddressOf } from './door/addresses.ts';
import type { Session } from './door/sessions.ts';
import { CLOSE, type Limits } from './limits.ts';
import type { Author, RoomLog } from './log/room-log.ts';
import { Member, type MemberContext } from './member.ts';
import { PlainMember } from './plain-member.ts';
import { SUBPROTOCOL } from './protocol.ts';
import { Rooms } from './rooms/rooms.ts';

export interface SocketsOptions {
  readonly server: Pick<ServerOptions, 'allowedOrigins' | 'allowedHosts'>;
  readonly log: RoomLog;
  readonly limits: Limits;
  /** Whether plain text needs a session too. chat.v1 does always. */
  readonly needsAccount: boolean;
  readonly addressOf: AddressOf;
  sessionOf(request: IncomingMessage): Session | undefined;
  refused(request: IncomingMessage, refusal: Refusal): void;
}

/** What a socket carries. */
interface Connection {
  readonly session: Session | undefined;
  readonly address: string;
  member?: Member | PlainMember;
}

type Socket = WebSocket<Connection>;

/** Somebody who talks in plain text, and has no session. */
const ANYBODY: Author = { id: 'plain', name: '' };
/** A member that falls this far behind is disconnected: one that is behind the log waits there, and not in memory. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** JSON may take six characters for one: \u0000. */
const JSON_FACTOR = 6;
const ENVELOPE_BYTES = 1024;
/** The most texts of `?history=`. */
const MAX_PLAIN_HISTORY = 100;
const EXPIRY_CHECK_MS = 10_000;

export class ChatSockets {
  readonly server: WebSocketServer<Connection>;
  readonly #options: SocketsOptions;
  readonly #context: MemberContext;
  readonly #connections = new Map<string, number>();
  readonly #expiryCheck: NodeJS.Timeout;

  constructor(options: SocketsOptions) {
    const { log, limits } = options;
    this.#options = options;
    this.server = new WebSocketServer<Connection>(
      {
        path: '/chat',
        ...options.server,
        subprotocols: [SUBPROTOCOL],
        maxMessageBytes: limits.textBytes * JSON_FACTOR + ENVELOPE_BYTES,
        maxQueuedBytes: MAX_QUEUED_BYTES,
        authorize: (request) => this.#authorize(request),
      },
      {
        open: (socket, request) => this.#open(socket, request),
        message: (socket, data) => this.#message(socket, data),
        close: (socket) => this.#closed(socket),
        refused: (request, refusal) => options.refused(request, refusal),
      },
    );
    const rooms = new Rooms(log, limits, (topic, message) => this.server.publish(topic, message));
    this.#context = { log, rooms, limits };
    this.#expiryCheck = setInterval(() => this.#endExpired(), EXPIRY_CHECK_MS).unref();
  }

  /** Closes the connections of a session that has ended. */
  endSession(key: string): void {
    for (const socket of this.server.sockets) {
      if (socket.data.session?.key === key) socket.close(CLOSE.sessionEnded, 'the session has ended');
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#expiryCheck);
    await this.server.close();
  }

  #authorize(request: IncomingMessage): Connection | Refusal {
    const session = this.#options.sessionOf(request);
    if (session === undefined && (this.#options.needsAccount || speaksChat(request))) {
      return refuse(401, 'Sign in first: POST /api/session');
    }
    return { session, address: this.#options.addressOf(request) };
  }

  async #open(socket: Socket, request: IncomingMessage): Promise<void> {
    const { session, address } = socket.data;
    const count = (this.#connections.get(address) ?? 0) + 1;
    this.#connections.set(address, count);
    if (session !== undefined && this.#options.sessionOf(request) === undefined) {
      socket.close(CLOSE.sessionEnded, 'the session has ended'); // while the request was answered
    } else if (count > this.#options.limits.connections) {
      socket.close(CLOSE.tooManyConnections, 'too many connections from this address');
    } else if (socket.protocol === SUBPROTOCOL && session !== undefined) {
      socket.data.member = new Member(socket, session.user, session.expires, this.#context);
    } else {
      const member = new PlainMember(socket, session?.user ?? ANYBODY, historyOf(request), this.#context);
      socket.data.member = member;
      await member.entered;
    }
  }

  #message(socket: Socket, data: string | Uint8Array): unknown {
    if (typeof data === 'string') return socket.data.member?.receive(data);
    return socket.close(CLOSE.unsupportedData, 'this chat speaks text');
  }

  async #closed(socket: Socket): Promise<void> {
    const { address, member } = socket.data;
    const count = (this.#connections.get(address) ?? 1) - 1;
    if (count === 0) this.#connections.delete(address);
    else this.#connections.set(address, count);
    await member?.end();
  }

  #endExpired(): void {
    const now = Date.now();
    for (const socket of this.server.sockets) {
      const { session } = socket.data;
      if (session !== undefined && session.expires <= now) {
        socket.close(CLOSE.sessionEnded, 'the session has ended');
      }
    }
  }
}

function speaksChat({ headers }: IncomingMessage): boolean {
  return (headers['sec-websocket-protocol'] ?? '').split(',').some((name) => name.trim() === SUBPROTOCOL);
}

function historyOf({ url = '' }: IncomingMessage): number {
  const count = Number(new URL(url, 'http://chat').searchParams.get('history'));
  return Number.isSafeInteger(count) && count > 0 ? Math.min(count, MAX_PLAIN_HISTORY) : 0;
}
