import { describe, expect, test } from 'vitest';
import { serializeFrame } from '../../src/protocol/frame.ts';
import { ShortTexts } from '../../src/protocol/short-texts.ts';
import { concat } from '../support/vectors.ts';
import { Endpoint } from './endpoint.ts';

const KEY = 0x37fa213d;
const frame = (text: string, isMasked = true) =>
  serializeFrame(true, 1, new TextEncoder().encode(text), isMasked ? KEY : undefined);

/** Looks at the frames, and takes the payload of each. */
function taken(frames: Uint8Array[], isMasked = true, all = concat(frames)) {
  const texts = new ShortTexts();
  texts.begin(all, 0, all.length, isMasked);
  let at = 0;
  return frames.map(({ length }) => {
    const from = at + (isMasked ? 6 : 2);
    at += length;
    return texts.take(all, from, at);
  });
}

describe.each([true, false])('short texts that come together, masked: %s', (isMasked) => {
  const framed = (...texts: string[]) => texts.map((text) => frame(text, isMasked));

  test('are decoded together', () => {
    expect(taken(framed('one', '', 'three'), isMasked)).toEqual(['one', '', 'three']);
  });

  test('are left alone where there is one', () => {
    expect(taken(framed('x'.repeat(100)), isMasked)).toEqual([undefined]);
  });

  test('are not decoded if one is not ASCII', () => {
    expect(taken(framed('one', 'zwölf'), isMasked)).toEqual([undefined, undefined]);
  });

  test.each<[string, Uint8Array]>([
    ['bytes', serializeFrame(true, 2, Uint8Array.of(1), isMasked ? KEY : undefined)],
    ['a fragment', serializeFrame(false, 1, Uint8Array.of(97), isMasked ? KEY : undefined)],
    ['a longer text', frame('x'.repeat(126), isMasked)],
    ['a text that ends later', frame('later', isMasked).subarray(0, -1)],
    ['a frame that breaks the rule of masking', frame('wrong', !isMasked)],
    ['the beginning of a header', frame('late', isMasked).subarray(0, 2)],
  ])('are those before %s', (_, last) => {
    expect(taken([...framed('one', 'two'), last], isMasked)).toEqual(['one', 'two', undefined]);
  });

  test('are none in a chunk of more than 1,024 bytes', () => {
    expect(taken(framed(...Array.from({ length: 10 }, () => 'x'.repeat(120))), isMasked)[0]).toBeUndefined();
  });
});

test('what was looked at can be read from its beginning, and be looked at again', () => {
  const all = concat([frame('one'), frame('two')]);
  const texts = new ShortTexts();
  for (const _ of 'ab') {
    texts.begin(all, 0, all.length, true);
    expect(texts.take(all, 6, 9)).toBe('one');
    expect(texts.take(all, 15, 18)).toBe('two');
  }
  texts.end();
  expect(texts.take(all, 6, 9)).toBeUndefined();
  expect(texts.take(all.slice(), 6, 9)).toBeUndefined();
  expect(new Endpoint('server').receive(all).events).toEqual(['text "one"', 'text "two"']);
});

test('nothing is taken from before or behind what was decoded', () => {
  const all = concat([frame('one'), frame('two'), frame('three')]);
  const texts = new ShortTexts();
  texts.begin(all, 9, 20, true);
  expect([texts.take(all, 6, 9), texts.take(all, 15, 18), texts.take(all, 24, 29)]).toEqual([
    undefined,
    'two',
    undefined,
  ]);
});

test('a connection delivers them, also where its receiver has it read another chunk meanwhile', () => {
  const name = (number: number) => `message number ${number}`;
  const chunk = (from: number) => concat([0, 1, 2, 3].map((i) => frame(name(from + i))));
  const endpoint = new Endpoint('server');
  endpoint.onEvent = () => {
    endpoint.onEvent = () => {};
    endpoint.connection.receive(chunk(10));
  };
  endpoint.connection.receive(chunk(0));
  expect(endpoint.events).toEqual([0, 10, 11, 12, 13, 1, 2, 3].map((number) => `text "${name(number)}"`));
});

test('a paused connection reads the rest of them later', () => {
  const endpoint = new Endpoint('server');
  const { connection } = endpoint;
  endpoint.onEvent = () => {
    connection.paused = true;
  };
  const all = concat(['first message here', 'second message here', 'third'].map((text) => frame(text)));
  const next = connection.receive(all);
  connection.paused = false;
  endpoint.onEvent = () => {};
  expect(connection.receive(all.slice(), next)).toBe(all.length);
  expect(endpoint.events).toEqual(
    ['first message here', 'second message here', 'third'].map((t) => `text "${t}"`),
  );
});
