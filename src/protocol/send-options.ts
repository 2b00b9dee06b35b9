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

/** Up to this length a loop takes less time than a view and a call. */
const SHORT = 48;

/** No options. */
export const DEFAULT_OPTIONS: SendOptions = {};

/** @throws {UsageError} for what is not a Uint8Array, and for text that is not UTF-8 (§8.1) */
export function verifyMessage(data: Uint8Array, { text }: SendOptions): void {
  verifyBytes(data);
  if (text !== true) return;
  const length = lengthOf(data);
  if (isShortAscii(data, length) || isUtf8(viewOf(data), 0, length)) return;
  throw new UsageError('the bytes of a text message must be UTF-8');
}

/** Asks the bytes for nothing but bytes: their other properties may not be true. */
function isShortAscii(bytes: Uint8Array, length: number): boolean {
  let seen = length > SHORT ? 0x80 : 0;
  for (let i = 0; i < length && seen < 0x80; i++) seen |= bytes[i]!;
  return seen < 0x80;
}
