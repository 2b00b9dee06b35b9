/** `_sender` of a WebSocket: engine.io sends the frames that it has made with `Sender.frame` by it. */
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import { type PreparedMessage, prepareMessage } from '../index.ts';
import { applyMask } from '../protocol/index.ts';
import type { SendCallback } from './callbacks.ts';
import { bufferOf, EMPTY_BUFFER, textBytesOf } from './data.ts';

export const kSendPrepared: unique symbol = Symbol('send a prepared message');

export interface Target {
  readonly _socket: Duplex | null;
  send(
    data: Uint8Array,
    options: { binary: boolean; compress: boolean; fin: boolean },
    callback?: SendCallback,
  ): void;
  ping(data: Uint8Array, mask: undefined, callback?: SendCallback): void;
  pong(data: Uint8Array, mask: undefined, callback?: SendCallback): void;
  close(code?: number, reason?: Buffer): void;
  [kSendPrepared](message: PreparedMessage, callback: SendCallback | undefined): void;
}

/** What lists of frames held when they were first sent: socket.io sends one list to all in a room, and does not change it. */
const messages = new WeakMap<readonly Uint8Array[], PreparedMessage>();

export class FrameSender {
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  /** The transport, of which programs read `remoteAddress`. */
  get _socket(): Duplex | null {
    return this.#target._socket;
  }

  /** Sends what a frame holds: a header, and a payload, as {@link Sender.frame} returns them. */
  sendFrame(list: readonly Uint8Array[], callback?: SendCallback): void {
    const known = messages.get(list);
    if (known !== undefined) {
      this.#target[kSendPrepared](known, callback);
      return;
    }
    const [header, payload] = partsOf(list);
    const opcode = header[0]! & 0x0f;
    const fin = (header[0]! & 0x80) !== 0;
    if (opcode === 8) this.#close(payload, callback);
    else if (opcode === 9) this.#target.ping(payload, undefined, callback);
    else if (opcode === 10) this.#target.pong(payload, undefined, callback);
    else if (!fin || opcode === 0)
      this.#target.send(payload, { binary: opcode === 2, compress: false, fin }, callback);
    else {
      const text = opcode === 1;
      const bytes = text ? textBytesOf(payload) : payload;
      const message = prepareMessage(bytes, { text, compress: false, copy: false });
      messages.set(list, message);
      this.#target[kSendPrepared](message, callback);
    }
  }

  /** §5.5.1: a code in two bytes, and a reason. */
  #close(payload: Uint8Array, callback: SendCallback | undefined): void {
    const bytes = bufferOf(payload);
    if (bytes.length < 2) this.#target.close();
    else this.#target.close(bytes.readUInt16BE(0), bytes.subarray(2));
    if (callback !== undefined) nextTick(callback);
  }
}

function partsOf(list: readonly Uint8Array[]): [header: Uint8Array, payload: Uint8Array] {
  const first = list[0]!;
  const isMasked = (first[1]! & 0x80) !== 0;
  if (!isMasked && list.length === 2) return [first, list[1]!];
  const frame = list.length === 1 ? first : Buffer.concat(list);
  const length = frame[1]! & 0x7f;
  const payloadAt = 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (isMasked ? 4 : 0);
  if (payloadAt === frame.length) return [first, EMPTY_BUFFER];
  const payload = Uint8Array.from(frame.subarray(payloadAt));
  if (isMasked)
    applyMask(
      payload,
      0,
      payload.length,
      new DataView(frame.buffer, frame.byteOffset).getInt32(payloadAt - 4),
    );
  return [first, payload];
}
