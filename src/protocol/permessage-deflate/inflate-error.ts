/**
 * Every rule that compressed bytes can break, one row each, and the error that tells which. It is independent of connections
 * and close codes.
 */

interface InflateRule {
  readonly section: string;
  readonly message: string;
}

/** What can be wrong with the compressed bytes of a message. */
export const INFLATE_RULES = {
  'reserved-block-type': {
    section: 'RFC 1951 §3.2.3',
    message: 'a compressed block is of the reserved type',
  },
  'stored-length-mismatch': {
    section: 'RFC 1951 §3.2.4',
    message: 'the length of a stored block and its complement do not agree',
  },
  'too-many-codes': {
    section: 'RFC 1951 §3.2.7',
    message: 'a compressed block has codes for more lengths or distances than there are',
  },
  'invalid-code-length-code': {
    section: 'RFC 1951 §3.2.7',
    message: 'the code for code lengths is over-subscribed or incomplete',
  },
  'nothing-to-repeat': {
    section: 'RFC 1951 §3.2.7',
    message: 'a code length is repeated before there was one',
  },
  'repeat-too-long': {
    section: 'RFC 1951 §3.2.7',
    message: 'a code length is repeated beyond the last code',
  },
  'missing-end-of-block': {
    section: 'RFC 1951 §3.2.7',
    message: 'a compressed block has no code for its end',
  },
  'invalid-literal-code': {
    section: 'RFC 1951 §3.2.7',
    message: 'the code for literals and lengths is over-subscribed or incomplete',
  },
  'invalid-distance-code': {
    section: 'RFC 1951 §3.2.7',
    message: 'the code for distances is over-subscribed or incomplete',
  },
  'invalid-length-symbol': {
    section: 'RFC 1951 §3.2.5',
    message: 'compressed bytes hold a code that stands for no literal and no length',
  },
  'invalid-distance-symbol': {
    section: 'RFC 1951 §3.2.5',
    message: 'compressed bytes hold a code that stands for no distance',
  },
  'distance-too-far': {
    section: 'RFC 7692 §7.1.2',
    message: 'a distance goes back beyond what was said or beyond the window that was agreed',
  },
  'output-limit': {
    section: 'RFC 6455 §10.4',
    message: 'the message is bigger than this endpoint accepts',
  },
  'unexpected-end': {
    section: 'RFC 7692 §7.2.2',
    message: 'the compressed message ends within a block',
  },
} as const;

/** The id of a rule in {@link INFLATE_RULES}. */
export type InflateReason = keyof typeof INFLATE_RULES;

/** The compressed bytes of a message break a rule. The inflater that throws it is of no more use. */
export class InflateError extends Error {
  override name = 'InflateError';
  /** Which rule: its row in {@link INFLATE_RULES}. */
  readonly reason: InflateReason;
  /** The section that states the rule. */
  readonly section: string;

  constructor(reason: InflateReason) {
    const { section, message }: InflateRule = INFLATE_RULES[reason];
    super(message);
    this.reason = reason;
    this.section = section;
  }
}
