/** permessage-deflate in use, RFC 7692 §6 and §7.2: what a connection does with the messages of both directions. */
import type { ByteBuffer } from '../byte-buffer.ts';
import { ProtocolError } from '../errors.ts';
import { Deflater } from './deflate.ts';
import { Inflater } from './inflate.ts';
import { InflateError } from './inflate-error.ts';
import type { Compression } from './negotiation.ts';

/** How a connection compresses. */
export interface CompressionOptions {
  /** What this side sends. */
  readonly outgoing: Compression;
  /** What the peer sends. */
  readonly incoming: Compression;
  /** Messages with fewer bytes are sent as they are, which the receiver cannot mistake (RFC 7692 §6). */
  readonly thresholdBytes: number;
}

export class MessageCompression {
  readonly #options: CompressionOptions;
  /** Made for the first compressed message of their direction. */
  #deflater: Deflater | undefined;
  #inflater: Inflater | undefined;

  constructor(options: CompressionOptions) {
    this.#options = options;
  }

  /** Whether a message of so many bytes is to be compressed. */
  isWorth(byteLength: number): boolean {
    return byteLength >= this.#options.thresholdBytes;
  }

  /** The window of what is sent. */
  get windowBits(): number {
    return this.#options.outgoing.windowBits;
  }

  /** A compressed message was sent that was made elsewhere: what comes after it cannot refer to what was before it. */
  forget(): void {
    this.#deflater = undefined;
  }

  /** Compresses the message `bytes[start, end)`, and appends to `payload` what goes on the wire. */
  deflate(bytes: Uint8Array, start: number, end: number, payload: ByteBuffer): void {
    this.#deflater ??= new Deflater(this.#options.outgoing);
    this.#deflater.deflate(bytes, start, end, payload);
  }

  /**
   * Inflates a piece of a message's payload into its body.
   * @throws {ProtocolError} at the code that breaks a rule or the limit of `maxBytes` for the whole message
   */
  inflate(bytes: Uint8Array, start: number, end: number, body: ByteBuffer, maxBytes: number): void {
    this.#inflater ??= new Inflater(this.#options.incoming);
    try {
      this.#inflater.inflate(bytes, start, end, body, maxBytes);
    } catch (error) {
      throw violation(error);
    }
  }

  /** Ends a message that was given to {@link inflate}. @throws {ProtocolError} as there, and if it is not complete */
  finish(body: ByteBuffer, maxBytes: number): void {
    try {
      this.#inflater!.finish(body, maxBytes);
    } catch (error) {
      throw violation(error);
    }
  }
}

function violation(error: unknown): unknown {
  if (!(error instanceof InflateError)) return error;
  const id = error.reason === 'output-limit' ? 'message-too-big' : 'invalid-compressed-data';
  return new ProtocolError(id, { cause: error });
}
