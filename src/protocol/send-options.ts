/** How one message is sent, and whether its bytes may be sent so. */
import { isUtf8 } from '#platform';
import { lengthOf, verifyBytes, viewOf } from './bytes.ts';
import { UsageError } from './errors.ts';

/** How one message is sent. */
export interface SendOptions {
  /** False sends the message uncompressed, even where compression was negotiated. @defaultValue true */
  readonly compress?: boolean;
  /** True sends bytes as a text message: they must be UTF-8, and need not be encoded. @defaultValue false */
  readonly text?: boolean;
  /**
   * False is a promise that the bytes are never changed, nor their memory transferred: the peer would get what is there then.
   * A server gives more than 64 KiB to the system without a copy, on TCP without TLS, where they are not compressed and nothing
   * waits before them. @defaultValue true
   */
  readonly copy?: boolean;
}

/** Up to this length only indices are used of the bytes, which are true whatever their other properties say. */
const SHORT = 48;

/** No options. */
export const DEFAULT_OPTIONS: SendOptions = {};

/** @throws {UsageError} for what is not a Uint8Array, and for text that is not UTF-8 (§8.1) */
export function verifyMessage(data: Uint8Array, { text }: SendOptions): void {
  verifyBytes(data);
  if (text !== true) return;
  const length = lengthOf(data);
  const bytes = length > SHORT ? viewOf(data) : data; // a view costs more than the check of a short one
  if (!isUtf8(bytes, 0, length)) throw new UsageError('the bytes of a text message must be UTF-8');
}
