/** Bytes whose properties are not true, views of memory that is gone, and what only looks like bytes. */
import { runInNewContext } from 'node:vm';

class Longer extends Uint8Array {
  override get length(): number {
    return 200;
  }
  override get byteLength(): number {
    return 200;
  }
  override get byteOffset(): number {
    return 9;
  }
  override subarray(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(300);
  }
}

function withOwn(properties: Record<string, unknown>): Uint8Array {
  const bytes = Uint8Array.of(1, 2, 3);
  for (const [name, value] of Object.entries(properties)) Object.defineProperty(bytes, name, { value });
  return bytes;
}

/** Each holds the bytes 1, 2 and 3. */
export const FALSE_BYTES: [name: string, make: () => Uint8Array][] = [
  ['a longer length', () => withOwn({ length: 200, byteLength: 200 })],
  ['a shorter length', () => withOwn({ length: 1, byteLength: 1 })],
  ['a length that is no number', () => withOwn({ length: 'x', byteLength: 'x' })],
  ['another offset and another memory', () => withOwn({ byteOffset: 5, buffer: new ArrayBuffer(99) })],
  ['a subarray that gives other bytes', () => withOwn({ subarray: () => new Uint8Array(300) })],
  ['a length that is a getter of a subclass', () => new Longer([1, 2, 3])],
  [
    'a length that is never the same',
    () => {
      let length = 3;
      return Object.defineProperty(Uint8Array.of(1, 2, 3), 'length', { get: () => length++ });
    },
  ],
  ['another realm', () => runInNewContext('Uint8Array.of(0, 1, 2, 3).subarray(1)')],
];

/** Each has the prototype or the tag of a Uint8Array, and no bytes. */
export const NO_BYTES: [name: string, make: () => object][] = [
  ['an object with the prototype', () => Object.create(Uint8Array.prototype)],
  [
    'an object with the prototype of Buffer, and a length',
    () => Object.create(Buffer.prototype, { length: { value: 9 } }),
  ],
  ['an object with the tag', () => ({ [Symbol.toStringTag]: 'Uint8Array', length: 3 })],
  ['a Proxy', () => new Proxy(Uint8Array.of(1, 2, 3), {})],
];

/** A view whose memory was transferred to elsewhere. */
export function detached<T extends ArrayBufferView>(view: T): T {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
  return view;
}
