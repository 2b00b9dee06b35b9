/** Answers to Pings, RFC 6455 §5.5.2, by the method `pong`: programs replace it, to play a peer that is gone. */
import { OPEN, type ReadyState } from './arguments.ts';
import type { Peer } from './link.ts';

interface Socket {
  readonly readyState: ReadyState;
  pong(payload: Buffer): void;
}

/** How many answers may wait for the transport. */
const MOST = 1024;

export class Pongs {
  readonly #socket: Socket;
  readonly #peer: Peer;
  #waiting = 0;
  /** To a peer that reads nothing, only the latest Ping is answered (§5.5.3). */
  #owed: Buffer | undefined;

  constructor(socket: Socket, peer: Peer) {
    this.#socket = socket;
    this.#peer = peer;
  }

  answer(payload: Buffer): void {
    if (this.#socket.readyState !== OPEN) return;
    if (this.#waiting === MOST) {
      this.#owed = Buffer.from(payload); // a copy
      return;
    }
    this.#socket.pong(payload);
    this.#waiting++;
    if (this.#waiting === 1) void this.#peer.drained().then(() => this.#taken());
  }

  #taken(): void {
    this.#waiting = 0;
    const owed = this.#owed;
    this.#owed = undefined;
    if (owed !== undefined) this.answer(owed);
  }
}
