/** A transport without a system behind it: a test sees each write, and says when it is done and what comes. */
import { Duplex } from 'node:stream';

export class HandMadeTransport extends Duplex {
  /** What was written, write by write. */
  readonly writes: Buffer[] = [];
  /** While set, a write is done only when {@link takeOne} says so. */
  isStuck = false;
  /** Whether this side has ended its half. */
  hasEnded = false;
  /** Called in each write, before it is done. */
  onWrite: () => void = () => {};
  #done: (() => void) | undefined;

  /** @param highWaterMark with as many bytes waiting it is full: `write` returns false */
  constructor(highWaterMark: number = 16 * 1024) {
    super({ highWaterMark, read() {}, allowHalfOpen: true });
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(Buffer.from(bytes));
    this.onWrite();
    if (this.isStuck) this.#done = done;
    else done();
  }

  override _final(done: () => void): void {
    this.hasEnded = true;
    done();
  }

  /** Finishes the write that is under way. */
  takeOne(): void {
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }

  /** Finishes every write from now on. */
  takeAll(): void {
    this.isStuck = false;
    this.takeOne();
  }

  /** Everything that was written, as hex. */
  get written(): string {
    return Buffer.concat(this.writes).toString('hex');
  }
}
