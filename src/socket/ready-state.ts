/** How far a connection is, as `WebSocket.readyState` says it. */
import type { Wire } from '../transport/wire.ts';
import type { RareState } from './rare-state.ts';

export const READY_STATE = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

export type ReadyState = 0 | 1 | 2 | 3;

/** @param wire undefined before the connection is made, and where it could not be */
export function readyStateOf(wire: Wire | undefined, rare: Readonly<RareState<unknown>>): ReadyState {
  const { handshake, outgoing } = rare;
  if (handshake !== undefined) return handshake.isAborted ? READY_STATE.CLOSING : READY_STATE.CONNECTING;
  if (wire === undefined) return READY_STATE.CLOSED;
  const { state, canSend } = wire.connection;
  if (state === 'closed') return READY_STATE.CLOSED;
  return canSend && outgoing?.endsWithClose !== true ? READY_STATE.OPEN : READY_STATE.CLOSING;
}
