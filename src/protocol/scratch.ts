/**
 * Memory for the length of one call, which all connections use in turn. A caller holds it until it returns, or until it calls
 * the receiver, which may make such a call itself.
 */
import { allocate } from '#platform';
import { ByteBuffer } from './byte-buffer.ts';
import { EMPTY } from './empty.ts';
import { allocateOwned } from './owned-bytes.ts';

/** No more than this is kept for the next call. */
const MAX_KEPT_BYTES = 64 * 1024;

export class Scratch {
  readonly #buffer = new ByteBuffer(allocateOwned);
  #bytes = EMPTY;

  /** Room for `byteLength` bytes, with undefined contents. */
  bytes(byteLength: number): Uint8Array {
    if (byteLength > MAX_KEPT_BYTES) return allocate(byteLength);
    if (this.#bytes.length === 0) this.#bytes = allocate(MAX_KEPT_BYTES);
    return this.#bytes;
  }

  /** An empty buffer, in other memory than {@link bytes}; {@link release} is to be called afterwards. */
  buffer(): ByteBuffer {
    this.#buffer.clear();
    return this.#buffer;
  }

  /** Frees the memory of the buffer, if that has grown to more than is kept. */
  release(): void {
    if (this.#buffer.bytes.length > MAX_KEPT_BYTES) this.#buffer.take();
  }
}

/** That of all connections. */
export const scratch: Scratch = new Scratch();
