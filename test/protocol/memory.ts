/** What is still held after everything that nobody holds any more was collected. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Twice, because array buffers are freed in the background, which the second time waits for. */
function collectGarbage(): void {
  gc();
  gc();
}

/** Bytes in the heap and outside of it (`external` counts the array buffers too). */
export function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes in array buffers alone. */
export function heldArrayBufferBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}
