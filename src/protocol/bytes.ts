/**
 * Bytes as users give them. Their properties cannot be trusted: `length` may be redefined, and a prototype alone makes no array.
 * If a length were more than there is, the rest of a frame would be whatever the output's memory held before. So lengths
 * and types come from the getters of the language, which look at the array itself, and throw for anything else. They know
 * arrays of other realms (`vm`, Jest) too.
 */
import { EMPTY } from './empty.ts';
import { kindOf, UsageError } from './errors.ts';

type Getter<T> = (this: unknown) => T;

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const buffer = getterOf<ArrayBuffer>(typedArray, 'buffer');
const byteOffset = getterOf<number>(typedArray, 'byteOffset');
const byteLength = getterOf<number>(typedArray, 'byteLength');
const typeName = getterOf<string | undefined>(typedArray, Symbol.toStringTag);

/** The getter of a property, to be used with `call`. */
export function getterOf<T>(prototype: object, name: string | symbol): Getter<T> {
  return Object.getOwnPropertyDescriptor(prototype, name)!.get as Getter<T>;
}

/** Whether a value is a Uint8Array, of any realm; a Buffer is one. */
export function isBytes(value: unknown): value is Uint8Array {
  return typeName.call(value) === 'Uint8Array';
}

/** @throws {UsageError} for what is not a Uint8Array */
export function verifyBytes(data: Uint8Array): void {
  if (!isBytes(data)) throw new UsageError(`expected a Uint8Array, got ${kindOf(data)}`);
}

/** How many bytes there are: none in an array whose memory was transferred. @throws {TypeError} for what is no typed array */
export function lengthOf(bytes: ArrayBufferView): number {
  return byteLength.call(bytes);
}

/** The same bytes in an array whose properties are true. @throws {TypeError} for what is no typed array */
export function viewOf(bytes: ArrayBufferView): Uint8Array {
  const length = lengthOf(bytes);
  return length === 0 ? EMPTY : new Uint8Array(buffer.call(bytes), byteOffset.call(bytes), length);
}

/** A copy of them. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(viewOf(bytes));
}
