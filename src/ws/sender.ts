/** `Sender`: frames on a transport, for programs that make their own. It does not compress. */
import type { Duplex } from 'node:stream';
import {
  applyMask,
  frameHeaderLength,
  OPCODE,
  randomMaskingKey,
  serializeClosePayload,
  serializeFrameHeader,
} from '../protocol/index.ts';
import { closeArguments, controlPayload } from './arguments.ts';
import type { SendCallback } from './callbacks.ts';
import { EMPTY_BUFFER, isBlob, payloadOf } from './data.ts';

export interface FrameOptions {
  readonly opcode: number;
  readonly fin?: boolean | undefined;
  readonly mask?: boolean | undefined;
  /** Whether the bytes must not be changed by masking. */
  readonly readOnly?: boolean | undefined;
  readonly rsv1?: boolean | undefined;
  readonly maskBuffer?: Buffer | undefined;
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
}

export class Sender {
  readonly #transport: Duplex;
  readonly #generateMask: ((mask: Buffer) => void) | undefined;
  #isFirst = true;

  /** @param _extensions not used */
  constructor(transport: Duplex, _extensions?: object, generateMask?: (mask: Buffer) => void) {
    this.#transport = transport;
    this.#generateMask = generateMask;
  }

  /** A frame as its header and its payload, if it has one. */
  static frame(data: string | Uint8Array, options: FrameOptions): Buffer[] {
    const { opcode, fin = false, mask, readOnly, rsv1 = false } = options;
    const payload =
      typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length);
    const key = mask ? maskingKey(options) : undefined;
    const header = Buffer.allocUnsafe(frameHeaderLength(payload.length, key !== undefined));
    serializeFrameHeader(header, 0, fin, opcode, payload.length, key, rsv1);
    if (payload.length === 0) return [header];
    if (!key) return [header, payload];
    const masked = readOnly ? Buffer.from(payload) : payload;
    applyMask(masked, 0, masked.length, key);
    return readOnly ? [Buffer.concat([header, masked])] : [header, masked];
  }

  send(
    data: unknown,
    options: { binary?: boolean; fin?: boolean; mask?: boolean },
    callback?: SendCallback,
  ): void {
    const { binary, fin = true, mask } = options;
    const opcode = this.#isFirst ? (binary ? OPCODE.binary : OPCODE.text) : OPCODE.continuation;
    this.#isFirst = fin;
    this.#sendLater(payloadOf(data), opcode, fin, mask, callback);
  }

  ping(data: unknown, mask?: boolean, callback?: SendCallback): void {
    this.#sendLater(controlPayload(data), OPCODE.ping, true, mask, callback);
  }

  pong(data: unknown, mask?: boolean, callback?: SendCallback): void {
    this.#sendLater(controlPayload(data), OPCODE.pong, true, mask, callback);
  }

  close(code?: number, data?: string | Buffer, mask?: boolean, callback?: SendCallback): void {
    const [verified, reason = ''] = closeArguments(code, data);
    const payload = verified === undefined ? EMPTY_BUFFER : serializeClosePayload({ code: verified, reason });
    this.#sendLater(payload, OPCODE.close, true, mask, callback);
  }

  /** Writes what {@link Sender.frame} has returned. */
  sendFrame(list: readonly Uint8Array[], callback?: SendCallback): void {
    const last = list.length - 1;
    this.#transport.cork();
    for (const [index, part] of list.entries())
      this.#transport.write(part, index === last ? (error) => callback?.(error ?? undefined) : undefined);
    this.#transport.uncork();
  }

  #sendLater(
    payload: string | Uint8Array | Blob,
    opcode: number,
    fin: boolean,
    mask: boolean | undefined,
    callback: SendCallback | undefined,
  ): void {
    const options = { opcode, fin, mask, readOnly: true, generateMask: this.#generateMask };
    const send = (data: string | Uint8Array) => this.sendFrame(Sender.frame(data, options), callback);
    if (isBlob(payload))
      payload.arrayBuffer().then(
        (bytes) => send(new Uint8Array(bytes)),
        (error) => callback?.(error),
      );
    else send(payload);
  }
}

function maskingKey({ generateMask, maskBuffer = Buffer.alloc(4) }: FrameOptions): number {
  if (generateMask === undefined) return randomMaskingKey();
  generateMask(maskBuffer);
  return maskBuffer.readInt32BE(0);
}
