/** `Receiver`: messages from bytes, for programs that read frames themselves. */
import { Writable } from 'node:stream';
import { type Compression, Connection, type Message } from '../protocol/index.ts';
import { type BinaryType, binaryOf, bufferOf, EMPTY_BUFFER, messageBuffer } from './data.ts';
import { errorOf } from './errors.ts';
import { type DeflateParameters, PerMessageDeflate } from './permessage-deflate.ts';

export interface ReceiverOptions {
  binaryType?: BinaryType | undefined;
  extensions?: Record<string, { readonly params: DeflateParameters | null }> | undefined;
  isServer?: boolean | undefined;
  maxPayload?: number | undefined;
  allowSynchronousEvents?: boolean | undefined;
  skipUTF8Validation?: boolean | undefined;
}

export class Receiver extends Writable {
  readonly #connection: Connection;
  /** What a listener has thrown while bytes were read. */
  #thrown: { readonly error: unknown } | undefined;
  /** Which rule was broken. */
  #error: Error | undefined;

  constructor({ isServer, maxPayload = 0, binaryType = 'nodebuffer', extensions }: ReceiverOptions = {}) {
    super();
    const role = isServer ? 'server' : 'client';
    const parameters = extensions?.[PerMessageDeflate.extensionName]?.params;
    const compression = parameters
      ? compressionOf(parameters, role === 'server' ? 'client' : 'server')
      : undefined;
    this.#connection = new Connection(
      { role, maxMessageBytes: maxPayload > 0 ? maxPayload : Infinity, compression },
      {
        keepsText: true,
        allocate: (byteLength) => Buffer.allocUnsafe(byteLength),
        answersPings: false,
        message: (data: Message, isText: boolean) => {
          const bytes = data as Uint8Array;
          this.#tell('message', isText ? messageBuffer(bytes) : binaryOf(bytes, binaryType), !isText);
        },
        ping: (payload) => this.#tell('ping', bufferOf(payload)),
        pong: (payload) => this.#tell('pong', bufferOf(payload)),
        failed: (error) => {
          this.#error = errorOf(error);
        },
      },
    );
  }

  override _write(chunk: Uint8Array, _encoding: string, callback: (error?: Error | null) => void): void {
    const connection = this.#connection;
    const wasReading = connection.isReading;
    if (wasReading) connection.receive(chunk);
    const thrown = this.#thrown;
    this.#thrown = undefined;
    if (thrown !== undefined) throw thrown.error;
    const { received } = connection;
    if (wasReading && received !== undefined) {
      const { code, reason } = received;
      this.emit('conclude', code, reason === '' ? EMPTY_BUFFER : Buffer.from(reason));
      this.end();
    }
    callback(wasReading ? this.#error : undefined);
  }

  #tell(...event: [name: string, ...values: unknown[]]): void {
    try {
      this.emit(...(event as [string]));
    } catch (error) {
      this.#thrown ??= { error };
    }
  }
}

function compressionOf(
  parameters: DeflateParameters,
  peer: 'client' | 'server',
): {
  incoming: Compression;
  outgoing: Compression;
  thresholdBytes: number;
} {
  // A window that is too large reads all that a smaller one has written.
  const direction = { windowBits: 15, contextTakeover: true };
  const contextTakeover = parameters[`${peer}_no_context_takeover`] !== true;
  return { incoming: { ...direction, contextTakeover }, outgoing: direction, thresholdBytes: 0 };
}
