/** What `send` is given beside strings and bytes, and everything that is sent after a Blob and waits with it. */
import { UsageError } from '../protocol/errors.ts';
import type { Message } from '../protocol/message.ts';
import { PreparedMessage } from '../protocol/prepared-message.ts';
import { DEFAULT_OPTIONS, type SendOptions, verifyMessage } from '../protocol/send-options.ts';
import type { Wire } from '../transport/wire.ts';
import { byteLengthOf, isBlob, OPTIONS_COME_LATE } from './arguments.ts';
import type { OutgoingQueue } from './outgoing-queue.ts';
import { READY_STATE, type ReadyState } from './ready-state.ts';

/** The socket that sends. */
interface Sender {
  readonly wire: Wire | undefined;
  readonly readyState: ReadyState;
  ownRareState(): { unsentBytes: number; readonly outgoing: OutgoingQueue | undefined };
  outgoing(): OutgoingQueue;
  sendNow(message: Message, options: SendOptions | undefined): boolean;
  sendPrepared(message: PreparedMessage, compress: boolean): boolean;
}

/** As `WebSocket.send`, for a Blob, a prepared message, or any message that is sent after a Blob. */
export function sendLater(
  inner: Sender,
  data: Message | Blob | PreparedMessage,
  options: SendOptions | undefined,
): boolean {
  if (!(data instanceof PreparedMessage)) return sendInTurn(inner, data, options);
  if (options !== undefined) throw new UsageError(OPTIONS_COME_LATE);
  if (inner.wire !== undefined && inner.sendPrepared(data, data.compress)) return true;
  if (!isOpen(inner)) inner.ownRareState().unsentBytes += data.byteLength;
  return false;
}

/** As `Subscriber.sendPrepared`, behind a Blob. */
export function sendPreparedInTurn(inner: Sender, message: PreparedMessage, compress: boolean): boolean {
  if (!hasRoomLater(inner, message.byteLength)) return false;
  inner
    .outgoing()
    .add(message.byteLength, () => inner.wire!.sendPrepared(message, compress) || isOpen(inner));
  return true;
}

function sendInTurn(inner: Sender, data: Message | Blob, options: SendOptions = DEFAULT_OPTIONS): boolean {
  const byteLength = byteLengthOf(data);
  if (typeof data !== 'string' && !isBlob(data)) verifyMessage(data, options);
  if (!isOpen(inner)) inner.ownRareState().unsentBytes += byteLength;
  if (!hasRoomLater(inner, byteLength)) return false;
  inner
    .outgoing()
    .addMessage(data, byteLength, (message) => inner.sendNow(message, options) || isOpen(inner));
  return true;
}

function hasRoomLater(inner: Sender, byteLength: number): boolean {
  return isOpen(inner) && inner.wire!.hasRoomFor(byteLength, inner.ownRareState().outgoing?.roomNeeded ?? 0);
}

function isOpen({ readyState }: Sender): boolean {
  return readyState === READY_STATE.OPEN;
}
