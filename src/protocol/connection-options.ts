/** What a connection is made with. */
import { shown, UsageError } from './errors.ts';
import type { Role } from './frame.ts';
import type { CompressionOptions } from './permessage-deflate/message-compression.ts';

export interface ConnectionOptions {
  /** Which end this is: a client masks what it sends, a server does not. */
  role: Role;
  /** The most bytes that a message may have. */
  maxMessageBytes: number;
  /** How messages are compressed, if permessage-deflate was negotiated. @defaultValue no compression */
  compression?: CompressionOptions | undefined;
  /** Where masking keys come from: 32 unpredictable bits a call. @defaultValue `crypto.getRandomValues` */
  maskingKey?: (() => number) | undefined;
}

/** A missing limit must not mean no limit. @throws {UsageError} for a limit that is no number, or less than 0 */
export function verifyLimit(limit: number, name = 'maxMessageBytes'): void {
  if (typeof limit === 'number' && limit >= 0) return;
  throw new UsageError(`${name} must be a number, got ${shown(limit)}`);
}
