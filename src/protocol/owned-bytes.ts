/** Memory that holds one message and nothing else, because the bytes of a message are the receiver's alone. */
import { allocate } from '#platform';

/** A copy: a view would keep the whole chunk alive, and would not be the receiver's own. */
export function copied(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = allocateOwned(end - start);
  if (end - start >= WORTH_A_CALL) copy.set(bytes.subarray(start, end));
  else for (let from = start, to = 0; from < end; ) copy[to++] = bytes[from++]!;
  return copy;
}

/** From here on a call to copy pays, and the view that it needs. */
const WORTH_A_CALL = 64;

/** The same bytes in memory that holds nothing else. */
export function alone(bytes: Uint8Array): Uint8Array {
  const areAlone = bytes.length > 0 && bytes.length === bytes.buffer.byteLength;
  return areAlone ? bytes : copied(bytes, 0, bytes.length);
}

/** From here on it pays not to have memory set to 0 that is written to at once. */
const WORTH_SAVING_ZEROS = 4 * 1024;

/** A plain `Uint8Array`; what is in it is undefined. */
export function allocateOwned(byteLength: number): Uint8Array {
  return byteLength < WORTH_SAVING_ZEROS
    ? new Uint8Array(byteLength)
    : new Uint8Array(allocate(byteLength).buffer);
}
