/** The body of a message that arrives in several pieces. */
import { ByteBuffer } from './byte-buffer.ts';
import { allocateOwned } from './owned-bytes.ts';

export class MessageBody {
  readonly tail: ByteBuffer = new ByteBuffer(allocateOwned);

  append(chunk: Uint8Array, start: number, end: number, expected: number): void {
    this.tail.append(chunk, start, end, expected);
  }

  take(): Uint8Array {
    return this.tail.take();
  }
}
