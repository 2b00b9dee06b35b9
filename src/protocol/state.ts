/**
 * The life of a connection after its opening handshake, §7.1, as one table.
 *
 * - `open`: messages go both ways.
 * - `closing`: our Close frame is sent, the peer's has not come (§7.1.2).
 * - `draining`: nothing is read or written any more; what was written goes out and TCP is closed (§7.1.1).
 * - `closed`: TCP is gone (§7.1.4).
 */
export const TRANSITIONS = {
  open: { sendClose: 'closing', receiveClose: 'draining', fail: 'draining', transportEnd: 'closed' },
  closing: { receiveClose: 'draining', fail: 'draining', transportEnd: 'closed' },
  draining: { transportEnd: 'closed' },
  closed: {},
} as const;

/** Where a connection stands. */
export type State = 'open' | 'closing' | 'draining' | 'closed';

/** What moves a connection on: we send Close, the peer's Close comes, we fail the connection, TCP ends. */
export type Trigger = 'sendClose' | 'receiveClose' | 'fail' | 'transportEnd';

/** The state after `trigger`, or undefined where the trigger means nothing in this state. */
export function transition(state: State, trigger: Trigger): State | undefined {
  const row: Partial<Record<Trigger, State>> = TRANSITIONS[state];
  return row[trigger];
}
