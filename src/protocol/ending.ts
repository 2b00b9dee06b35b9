/**
 * How a connection ends, §7, as far as it has come. An ending is immutable: each step makes a new one, so that all open
 * connections share one.
 */
import { CLOSE_CODE } from './close.ts';
import { type CloseFrame, ProtocolError } from './errors.ts';
import type { Role } from './frame.ts';
import { type State, type Trigger, transition } from './state.ts';

/** Which side began to close: this side, the peer, or neither, because the transport ended without a Close frame. */
export type Initiator = 'this side' | 'peer' | 'network';

/** What is known of an ending. */
interface Facts {
  readonly state: State;
  /** The Close frame that was sent, if any. */
  readonly sent: CloseFrame | undefined;
  /** The Close frame that was received, if any. */
  readonly received: CloseFrame | undefined;
  readonly closedBy: Initiator;
  /** Why the connection was failed, if it was. */
  readonly error: Error | undefined;
  /** Whether the peer has ended its half of the transport. */
  readonly peerHasEnded: boolean;
}

export class Ending implements Facts {
  /** Of all connections that are open. */
  static readonly NONE: Ending = new Ending({
    state: 'open',
    sent: undefined,
    received: undefined,
    closedBy: 'network',
    error: undefined,
    peerHasEnded: false,
  });

  readonly state: State;
  readonly sent: CloseFrame | undefined;
  readonly received: CloseFrame | undefined;
  readonly closedBy: Initiator;
  readonly error: Error | undefined;
  readonly peerHasEnded: boolean;
  /** Whether messages and Pings can be sent: not after our Close frame (§5.5.1), nor to a peer that has ended its half. */
  readonly canSend: boolean;

  private constructor(facts: Facts) {
    this.state = facts.state;
    this.sent = facts.sent;
    this.received = facts.received;
    this.closedBy = facts.closedBy;
    this.error = facts.error;
    this.peerHasEnded = facts.peerHasEnded;
    this.canSend = facts.state === 'open' && !facts.peerHasEnded;
  }

  /** Whether data is read: until the peer's Close frame has come (§5.5.1) or the connection failed (§7.1.7). */
  get isReading(): boolean {
    return this.state === 'open' || this.state === 'closing';
  }

  /** Whether messages are delivered. @param whileClosing also those that come after our own Close frame, until the peer's has come */
  delivers(whileClosing: boolean | undefined): boolean {
    return this.state === 'open' || (whileClosing === true && this.state === 'closing');
  }

  /** Whether our half of the transport is to be ended as soon as everything is written. */
  endsTransport(role: Role): boolean {
    if (this.state === 'closed') return false;
    if (this.peerHasEnded) return true; // §7.1.1: after the server; §7.2.1: without a closing handshake, there can be none now
    if (this.state !== 'draining') return false;
    if (role === 'server') return true; // §7.1.1: the server closes TCP first, and a client waits for that,
    return this.error !== undefined; // §7.1.7: unless it has failed the connection
  }

  after(trigger: Trigger): Ending {
    const state = transition(this.state, trigger);
    return state === undefined ? this : new Ending({ ...this, state });
  }

  withSent(sent: CloseFrame): Ending {
    return new Ending({ ...this, sent, closedBy: this.received === undefined ? 'this side' : this.closedBy });
  }

  withReceived(received: CloseFrame): Ending {
    return new Ending({ ...this, received, closedBy: this.sent === undefined ? 'peer' : this.closedBy });
  }

  withError(error: Error): Ending {
    return new Ending({ ...this, error });
  }

  withPeerEnded(): Ending {
    return new Ending({ ...this, peerHasEnded: true });
  }
}

/** The code for a connection that is failed because of an error (§7.1.7). */
export function codeOfFailure(error: Error): number {
  return error instanceof ProtocolError ? error.closeCode : CLOSE_CODE.internalError;
}

/** The reason in that Close frame. @param isExplained whether it names the rule that the peer has broken */
export function reasonOfFailure(error: Error, isExplained = true): string {
  return isExplained && error instanceof ProtocolError ? error.message : '';
}
