/** `_sender` of a WebSocket: engine.io sends the frames that it has made with `Sender.frame` by it. */
import type { Duplex } from 'node:stream';
import { applyMask } from '../protocol/index.ts';
import { EMPTY_BUFFER } from './data.ts';
import type { SendCallback } from './sending.ts';

export interface Target {
  readonly _socket: Duplex | null;
  send(
    data: Uint8Array,
    options: { binary: boolean; compress: boolean; fin: boolean },
    callback?: SendCallback,
  ): void;
  ping(data: Uint8Array, mask: undefined, callback?: SendCallback): void;
  pong(data: Uint8Array, mask: undefined, callback?: SendCallback): void;
}

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
    const [header, payload] = partsOf(list);
    const opcode = header[0]! & 0x0f;
    const fin = (header[0]! & 0x80) !== 0;
    if (opcode === 9) this.#target.ping(payload, undefined, callback);
    else if (opcode === 10) this.#target.pong(payload, undefined, callback);
    else this.#target.send(payload, { binary: opcode === 2, compress: false, fin }, callback);
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
