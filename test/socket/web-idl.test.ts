import { describe, expect, test } from 'vitest';
import {
  clampedUnsignedShort,
  defineInterface,
  dictionary,
  enforcedUnsignedShort,
  requireArguments,
  unsignedLong,
  unsignedShort,
  usvString,
} from '../../src/socket/web-idl.ts';

describe('defineInterface', () => {
  class Parent {
    inherited() {}
  }
  class Between extends Parent {
    get one(): number {
      return 1;
    }
    two(): string {
      return 'between';
    }
  }
  const key = Symbol('key');
  class Interface extends Between {
    override two(): string {
      return 'own';
    }
    [key]() {}
  }
  defineInterface(Interface, 'Name', Parent);

  test('makes members of the classes in between its own, unless it has them', () => {
    expect(Object.getPrototypeOf(Interface)).toBe(Parent);
    expect(Object.getPrototypeOf(Interface.prototype)).toBe(Parent.prototype);
    const object = new Interface();
    expect([object.one, object.two()]).toEqual([1, 'own']);
    expect(Interface.prototype.constructor).toBe(Interface);
  });

  test('makes members enumerable, but not the constructor and symbols', () => {
    expect(Object.keys(Interface.prototype)).toEqual(['two', 'one']);
    expect(Object.getOwnPropertyDescriptor(Interface.prototype, key)?.enumerable).toBe(false);
  });

  test('gives a class string', () => {
    expect(String(new Interface())).toBe('[object Name]');
  });
});

test('dictionary takes objects, and none', () => {
  const object = { a: 1 };
  expect(dictionary(object)).toBe(object);
  for (const nothing of [undefined, null]) expect(dictionary(nothing)).toEqual({});
  for (const value of [true, 'x', 5, Symbol('x')])
    expect(() => dictionary(value as unknown as object)).toThrow(TypeError);
});

test('enforcedUnsignedShort takes whole numbers of 16 bits', () => {
  expect([0, '1000', 65_535.9, -0.5].map(enforcedUnsignedShort)).toEqual([0, 1000, 65_535, -0]);
  for (const value of [-1, 65_536, Number.NaN, Number.POSITIVE_INFINITY, 'x'])
    expect(() => enforcedUnsignedShort(value)).toThrow(TypeError);
});

describe('requireArguments', () => {
  test('throws a TypeError for too few', () => {
    expect(() => requireArguments(0, 1, 'send')).toThrow(new TypeError('send needs an argument'));
    expect(() => requireArguments(1, 2, 'send')).toThrow(new TypeError('send needs 2 arguments'));
    for (const given of [1, 2]) expect(requireArguments(given, 1, 'send')).toBeUndefined();
  });
});

test.each<[unknown, string]>([
  ['a', 'a'],
  ['\ud800', '\ufffd'],
  ['\ud83d\ude00', '\ud83d\ude00'],
  [null, 'null'],
  [undefined, 'undefined'],
  [5, '5'],
])('usvString(%o) is %o', (value, text) => {
  expect(usvString(value)).toBe(text);
});

test.each<[unknown, number]>([
  [1000, 1000],
  ['1000', 1000],
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [2.6, 3],
  [-0, 0],
  [-5, 0],
  [1e9, 65_535],
  [Number.POSITIVE_INFINITY, 65_535],
  [Number.NEGATIVE_INFINITY, 0],
  [Number.NaN, 0],
  ['x', 0],
  [null, 0],
  [true, 1],
])('clampedUnsignedShort(%o) is %o', (value, number) => {
  expect(clampedUnsignedShort(value)).toBe(number);
});

test.each<[unknown, number, number]>([
  [65_537, 1, 65_537],
  [-1, 65_535, 2 ** 32 - 1],
  [2 ** 32 + 2, 2, 2],
  ['7.9', 7, 7],
  [Number.NaN, 0, 0],
])('unsignedShort(%o) is %o, unsignedLong %o', (value, short, long) => {
  expect(unsignedShort(value)).toBe(short);
  expect(unsignedLong(value)).toBe(long);
});

test.each([Symbol('x'), 1n, Object.create(null)].map((value) => [value]))('%o is no number', (value) => {
  for (const convert of [clampedUnsignedShort, unsignedShort, unsignedLong])
    expect(() => convert(value)).toThrow(TypeError);
});

test('usvString throws a TypeError for a symbol', () => {
  expect(() => usvString(Symbol('x'))).toThrow(TypeError);
});
