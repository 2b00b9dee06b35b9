/** Memory that holds one message and nothing else: the bytes of a message belong to its receiver. */
import { allocate } from '#platform';
import type { Allocate } from './byte-buffer.ts';

/** A copy. A view would keep the whole chunk alive, and its memory would not belong to the receiver. */
export function ownedCopy(
  bytes: Uint8Array,
  start: number,
  end: number,
  allocateCopy: Allocate = allocateOwned,
): Uint8Array {
  const copy = allocateCopy(end - start);
  if (end - start >= WORTH_A_CALL) copy.set(bytes.subarray(start, end));
  else for (let from = start, to = 0; from < end; ) copy[to++] = bytes[from++]!;
  return copy;
}

/** From this length on a native copy is worth the call and the view that it needs. */
const WORTH_A_CALL = 64;

/** From this length on it is worth avoiding that memory is set to 0. */
const WORTH_SAVING_ZEROS = 4 * 1024;

/** A plain `Uint8Array`, whose contents are undefined. */
export function allocateOwned(byteLength: number): Uint8Array {
  return byteLength < WORTH_SAVING_ZEROS
    ? new Uint8Array(byteLength)
    : new Uint8Array(allocate(byteLength).buffer);
}
