/** Compression of the messages of a connection in both directions, RFC 7692 §6 and §7.2. */
import type { ByteBuffer } from '../byte-buffer.ts';
import { ProtocolError } from '../errors.ts';
import { Deflater } from './deflate.ts';
import { Inflater } from './inflate.ts';
import { InflateError } from './inflate-error.ts';
import type { Compression } from './negotiation.ts';

/** How a connection compresses. */
export interface CompressionOptions {
  /** For what this side sends. */
  readonly outgoing: Compression;
  /** For what the peer sends. */
  readonly incoming: Compression;
  /** Messages with fewer bytes are sent uncompressed, which RSV1 tells the receiver (RFC 7692 §6). */
  readonly thresholdBytes: number;
}

export class MessageCompression {
  readonly #options: CompressionOptions;
  /** Each is made for the first compressed message in its direction. */
  #deflater: Deflater | undefined;
  #inflater: Inflater | undefined;

  constructor(options: CompressionOptions) {
    this.#options = options;
  }

  /** Whether a message of this many bytes is to be compressed. */
  reachesThreshold(byteLength: number): boolean {
    return byteLength >= this.#options.thresholdBytes;
  }

  /** The size of the window for what is sent. */
  get windowBits(): number {
    return this.#options.outgoing.windowBits;
  }

  /** To be called when a message was compressed elsewhere: later messages cannot refer to those before it. */
  resetContext(): void {
    this.#deflater = undefined;
  }

  /** Compresses the message `bytes[start, end)`, and appends the result to `payload`. */
  deflate(bytes: Uint8Array, start: number, end: number, payload: ByteBuffer): void {
    this.#deflater ??= new Deflater(this.#options.outgoing);
    this.#deflater.deflate(bytes, start, end, payload);
  }

  /**
   * Inflates a piece of the payload of a message into its body, or into the part of it after {@link remember}.
   * @param maxWork as for {@link Inflater.inflate}
   * @returns where it stopped: at `end`, or earlier because of `maxWork`; then it is to be called again for the rest
   * @throws {ProtocolError} at the first code that breaks a rule, or exceeds `maxBytes` in the body
   */
  inflate(
    bytes: Uint8Array,
    start: number,
    end: number,
    body: ByteBuffer,
    maxBytes: number,
    maxWork: number,
  ): number {
    this.#inflater ??= new Inflater(this.#options.incoming);
    try {
      return this.#inflater.inflate(bytes, start, end, body, maxBytes, maxWork);
    } catch (error) {
      throw violation(error);
    }
  }

  /** As {@link Inflater.remember}. */
  remember(body: ByteBuffer): void {
    this.#inflater!.remember(body);
  }

  /** How much of `maxWork` the last call of {@link inflate} has left. */
  workLeft(body: ByteBuffer): number {
    return this.#inflater!.workLeft(body);
  }

  /** Ends the message. @throws {ProtocolError} as {@link inflate}, and if the message is not complete */
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
