/** The options of permessage-deflate (RFC 7692), with their defaults. */

import { shown, UsageError } from '../protocol/errors.ts';
import type { DeflateTerms } from '../protocol/permessage-deflate/negotiation.ts';
import { MAX_WINDOW_BITS, MIN_WINDOW_BITS } from '../protocol/permessage-deflate/negotiation.ts';
import { type NamesOf, verifyNames } from './option-names.ts';
import { wholeNumber } from './socket-options.ts';

export interface DeflateOptions {
  /**
   * Messages with fewer bytes are sent uncompressed.
   * @defaultValue 64
   */
  thresholdBytes?: number;
  /**
   * The window for what this side sends has 2^windowBits bytes, 8 to 15: how far back a message may refer. Compressing
   * takes up to four times the window in memory for each connection, once that much was sent.
   * @defaultValue 12, which is 4 KiB. With 15, chat messages are 7 % smaller
   */
  windowBits?: number;
  /**
   * The same for what the peer sends. It takes one window in memory for each connection. A client that does not offer
   * `client_max_window_bits` always uses 15.
   * @defaultValue 12 on a server, 15 on a client
   */
  peerWindowBits?: number;
  /**
   * Whether a message may refer to earlier ones. Without it, short messages hardly get smaller, and a connection needs no
   * memory for what it sends.
   * @defaultValue true
   */
  contextTakeover?: boolean;
  /** The same for what the peer sends. @defaultValue true */
  peerContextTakeover?: boolean;
}

const DEFLATE_OPTION_NAMES: NamesOf<DeflateOptions> = {
  thresholdBytes: true,
  windowBits: true,
  peerWindowBits: true,
  contextTakeover: true,
  peerContextTakeover: true,
};

/** All options with their defaults filled in. */
export interface DeflateSettings {
  readonly terms: DeflateTerms;
  readonly thresholdBytes: number;
}

/** @throws {UsageError} for an invalid value */
export function deflateSettings(
  options: boolean | DeflateOptions,
  defaultPeerWindowBits: number,
): DeflateSettings | undefined {
  if (options === false) return undefined;
  if (options !== true && (typeof options !== 'object' || options === null)) {
    throw new UsageError(`perMessageDeflate must be true, false or an object, got ${shown(options)}`);
  }
  if (options !== true) verifyNames('perMessageDeflate option', options, DEFLATE_OPTION_NAMES);
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
