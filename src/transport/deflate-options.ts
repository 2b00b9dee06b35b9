/** What a user may say about permessage-deflate (RFC 7692), with its defaults. */

import { UsageError } from '../protocol/errors.ts';
import type { DeflateTerms } from '../protocol/permessage-deflate/negotiation.ts';
import { MAX_WINDOW_BITS, MIN_WINDOW_BITS } from '../protocol/permessage-deflate/negotiation.ts';
import { wholeNumber } from './socket-options.ts';

export interface DeflateOptions {
  /**
   * Messages with fewer bytes are sent as they are.
   * @defaultValue 64
   */
  thresholdBytes?: number;
  /**
   * The window of what this side sends has 2^windowBits bytes, 8 to 15: how far back a message may refer. Compressing
   * takes up to four times the window in memory for each connection, once so much was said.
   * @defaultValue 12: 4 KiB. For chat messages 15 makes them 7 % smaller
   */
  windowBits?: number;
  /**
   * The same for what the peer sends, if it can be told; it costs one window. A client that does not know
   * `client_max_window_bits` has 15.
   * @defaultValue 12 on a server, 15 on a client
   */
  peerWindowBits?: number;
  /**
   * Whether a message may refer to earlier ones. Without it, short messages hardly get smaller, and a connection keeps
   * nothing for what it sends.
   * @defaultValue true
   */
  contextTakeover?: boolean;
  /** The same for what the peer sends. @defaultValue true */
  peerContextTakeover?: boolean;
}

/** What was said, with every default filled in. */
export interface DeflateSettings {
  readonly terms: DeflateTerms;
  readonly thresholdBytes: number;
}

/** @throws {UsageError} for a value that is not of its kind */
export function deflateSettings(
  options: boolean | DeflateOptions,
  defaultPeerWindowBits: number,
): DeflateSettings | undefined {
  if (options === false) return undefined;
  if (options !== true && (typeof options !== 'object' || options === null)) {
    throw new UsageError(`perMessageDeflate must be true, false or an object, not ${options}`);
  }
  const {
    thresholdBytes = 64,
    windowBits = 12,
    peerWindowBits = defaultPeerWindowBits,
    contextTakeover = true,
    peerContextTakeover = true,
  } = options === true ? {} : options;
  const bits = (name: string, value: number) => wholeNumber(name, value, MIN_WINDOW_BITS, MAX_WINDOW_BITS);
  return {
    thresholdBytes: wholeNumber('thresholdBytes', thresholdBytes, 0),
    terms: {
      windowBits: bits('windowBits', windowBits),
      peerWindowBits: bits('peerWindowBits', peerWindowBits),
      contextTakeover,
      peerContextTakeover,
    },
  };
}
