/** What is known of a connection whose opening handshake something else has done, and how a socket of it begins. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers';
import { EMPTY } from '../protocol/empty.ts';
import { shown, UsageError } from '../protocol/errors.ts';
import type { Role } from '../protocol/frame.ts';
import { parseExtensions } from '../protocol/handshake/headers.ts';
import {
  agreementFor,
  type DeflateAgreement,
  MAX_WINDOW_BITS,
} from '../protocol/permessage-deflate/negotiation.ts';
import type { DeflateSettings } from '../transport/deflate-options.ts';
import { type NamesOf, verifyNames } from '../transport/option-names.ts';
import { agreementOf } from './agreement.ts';
import type { SocketHooks } from './hooks.ts';
import { InnerSocket } from './inner-socket.ts';
import { READY_STATE } from './ready-state.ts';

/** What the opening handshake has agreed on. */
export interface Adopted {
  /** Bytes that came directly after the handshake. They are the socket's from now on. @defaultValue none */
  head?: Uint8Array;
  /** As {@link WebSocket.url}. @defaultValue empty */
  url?: string;
  /** As {@link WebSocket.protocol}. @defaultValue empty */
  protocol?: string;
  /**
   * The Sec-WebSocket-Extensions header of the answer: `permessage-deflate` with its parameters. No other extension can be adopted.
   * @defaultValue empty
   */
  extensions?: string;
}

const ADOPTED_NAMES: NamesOf<Adopted> = { head: true, url: true, protocol: true, extensions: true };

/** What a side that has said nothing of compression is willing to do. */
const ANY_TERMS = { windowBits: MAX_WINDOW_BITS, contextTakeover: true } as const;

/**
 * Makes a socket that is open, and reads from the next turn on. Its WebSocket is to be made in this turn.
 * @param deflate what this side wants of compression
 * @throws {UsageError} for a name that does not exist, and for extensions that cannot be adopted
 */
export function adoptInner<Client extends EventTarget>(
  transport: Duplex,
  adopted: Adopted,
  hooks: SocketHooks<Client>,
  deflate: DeflateSettings | undefined,
  onStarted: (inner: InnerSocket<Client>) => void,
): InnerSocket<Client> {
  verifyNames('property', adopted, ADOPTED_NAMES);
  const { head = EMPTY, url = '', protocol = '', extensions = '' } = adopted;
  const agreed = extensions === '' ? undefined : deflateOf(hooks.role, extensions, deflate);
  const inner = new InnerSocket(hooks, agreementOf(url, protocol, agreed));
  if (transport instanceof Socket) transport.setTimeout(0).setNoDelay(true);
  inner.connect(transport, agreed);
  setImmediate(() => {
    if (inner.readyState === READY_STATE.CLOSED) return;
    inner.start(head);
    onStarted(inner);
    // What it had emitted before.
    if (transport.readableEnded) inner.wire?.onTransportEnd();
    if (transport.closed) inner.wire?.onTransportClose();
  });
  return inner;
}

function deflateOf(role: Role, extensions: string, settings: DeflateSettings | undefined): DeflateAgreement {
  const parsed = parseExtensions(extensions);
  const agreed = parsed && agreementFor(role, parsed, settings?.terms ?? ANY_TERMS);
  if (agreed !== undefined) return agreed;
  throw new UsageError(
    `extensions must be an answer with permessage-deflate alone, got ${shown(extensions)}`,
  );
}
