/**
 * The life of a connection after its opening handshake, §7.1, as one table.
 *
 * - `open`: messages go both ways.
 * - `closing`: our Close frame is sent, the peer's Close frame has not come (§7.1.2).
 * - `draining`: nothing more is read or queued; what is queued is written, and TCP is closed (§7.1.1).
 * - `closed`: TCP is gone (§7.1.4).
 */
export const TRANSITIONS = {
  open: { sendClose: 'closing', receiveClose: 'draining', fail: 'draining', transportEnd: 'closed' },
  closing: { receiveClose: 'draining', fail: 'draining', transportEnd: 'closed' },
  draining: { transportEnd: 'closed' },
  closed: {},
} as const;

export type State = 'open' | 'closing' | 'draining' | 'closed';

/** What changes the state: our Close frame, the peer's Close frame, a failure of the connection, the end of TCP. */
export type Trigger = 'sendClose' | 'receiveClose' | 'fail' | 'transportEnd';

/** The state after `trigger`, or undefined if the trigger has no meaning in this state. */
export function transition(state: State, trigger: Trigger): State | undefined {
  const row: Partial<Record<Trigger, State>> = TRANSITIONS[state];
  return row[trigger];
}
