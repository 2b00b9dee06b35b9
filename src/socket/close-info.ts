/** How a connection ended, in more detail than the code 1006. */
import { CLOSE_CODE } from '../protocol/close.ts';
import type { Connection } from '../protocol/connection.ts';
import type { Initiator } from '../protocol/ending.ts';
import { ClosedError, type CloseFrame } from '../protocol/errors.ts';

export interface CloseInfo {
  /** The code in the peer's Close frame; 1005 if it had none, 1006 if no Close frame came (§7.1.5). */
  readonly code: number;
  /** The reason in the peer's Close frame, else empty (§7.1.6). */
  readonly reason: string;
  /** Whether both sides sent a Close frame before TCP ended (§7.1.4). */
  readonly wasClean: boolean;
  /** Who began: this side, the peer, or the network, because TCP ended without a Close frame. */
  readonly closedBy: Initiator;
  /** The Close frame that this side sent, if any. */
  readonly sent: CloseFrame | undefined;
  /** The Close frame that the peer sent, if any. */
  readonly received: CloseFrame | undefined;
  /** Why the connection failed: a broken rule (`ProtocolError`), a limit, a handler that threw, an error of TCP. */
  readonly error: Error | undefined;
  /** How many messages came and were dropped, because no handler, listener or loop took messages. */
  readonly unclaimedMessages: number;
}

/** What the socket knows of its end. */
interface SocketState {
  readonly userError: Error | undefined;
  readonly isTerminated: boolean;
  readonly unclaimedMessages: number;
}

/**
 * The information about a connection that has ended.
 * @param transportError an error of TCP; after a complete closing handshake it is left out
 */
export function closeInfo(
  connection: Connection,
  { userError, isTerminated, unclaimedMessages }: SocketState,
  transportError: Error | undefined,
): CloseInfo {
  const { sent, received, closedBy, role } = connection;
  const wasClean = sent !== undefined && received !== undefined;
  // §7.2.1: a client whose transport is lost fails the connection, so there is an error to report.
  const isLost = role === 'client' && closedBy === 'network' && !isTerminated;
  const lost = isLost ? new ClosedError('TCP ended without a Close frame') : undefined;
  return {
    code: received?.code ?? CLOSE_CODE.abnormal,
    reason: received?.reason ?? '',
    wasClean,
    closedBy,
    sent,
    received,
    error: userError ?? connection.error ?? (wasClean ? undefined : (transportError ?? lost)),
    unclaimedMessages,
  };
}

/** The information about a connection that never opened. */
export function failedOpening(error: Error, closedBy: Initiator): CloseInfo {
  return {
    code: CLOSE_CODE.abnormal,
    reason: '',
    wasClean: false,
    closedBy,
    sent: undefined,
    received: undefined,
    error,
    unclaimedMessages: 0,
  };
}
