/** Web IDL in JavaScript: what a class needs so that it has the shape of an interface, and how arguments are converted. */
import { toUSVString } from 'node:util';

/**
 * Makes a class an interface of the platform (Web IDL §3.7): its members are enumerable, and its objects have a class string.
 * @param name the name of the interface
 * @param parent the interface that it inherits from, if any. Members of classes in between become its own
 */
// biome-ignore lint/complexity/noBannedTypes: a class of any kind
export function defineInterface(interfaceClass: Function, name: string, parent?: Function): void {
  const { prototype } = interfaceClass;
  const last = parent === undefined ? Object.prototype : parent.prototype;
  for (let from = prototype; from !== last; from = Object.getPrototypeOf(from)) {
    for (const key of Reflect.ownKeys(from)) {
      if (from !== prototype && Object.hasOwn(prototype, key)) continue;
      const enumerable = typeof key === 'string' && key !== 'constructor';
      Object.defineProperty(prototype, key, { ...Object.getOwnPropertyDescriptor(from, key), enumerable });
    }
  }
  Object.setPrototypeOf(interfaceClass, parent ?? Function.prototype);
  Object.setPrototypeOf(prototype, last);
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
}

/** @throws {TypeError} for fewer arguments than an operation requires (Web IDL §3.7.7), before anything else */
export function requireArguments(given: number, required: number, operation: string): void {
  if (given >= required) return;
  throw new TypeError(`${operation} needs ${required === 1 ? 'an argument' : `${required} arguments`}`);
}

/** A dictionary: undefined and null have no members. @throws {TypeError} for what is no object */
export function dictionary<Members extends object>(value: Members | null | undefined): Partial<Members> {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' || typeof value === 'function') return value;
  throw new TypeError(`an object is needed, not ${typeof value}`);
}

/** A `USVString`: lone surrogates become U+FFFD. @throws {TypeError} for a symbol */
export function usvString(value: unknown): string {
  return toUSVString(`${value as string}`); // a template, because String() takes symbols too
}

/** A `[Clamp] unsigned short`: the nearest whole number, the even one of two; NaN is 0. @throws {TypeError} */
export function clampedUnsignedShort(value: unknown): number {
  const number = Math.min(Math.max(numberOf(value), 0), 0xffff);
  const below = Math.floor(number);
  const isUp = number - below > 0.5 || (number - below === 0.5 && below % 2 === 1);
  return below + (isUp ? 1 : 0) || 0;
}

/** An `[EnforceRange] unsigned short`. @throws {TypeError} for what is not within the range */
export function enforcedUnsignedShort(value: unknown): number {
  const number = Math.trunc(numberOf(value));
  if (number >= 0 && number <= 0xffff) return number;
  throw new TypeError(`${number} is not within 0 and 65,535`);
}

/** An `unsigned short`, modulo 65,536. @throws {TypeError} */
export function unsignedShort(value: unknown): number {
  return numberOf(value) & 0xffff;
}

/** An `unsigned long`, modulo 2³². @throws {TypeError} */
export function unsignedLong(value: unknown): number {
  return numberOf(value) >>> 0;
}

/** @throws {TypeError} for a symbol and for a BigInt, which `Number()` would take */
function numberOf(value: unknown): number {
  return +(value as number);
}
