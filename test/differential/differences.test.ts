/** One example of each known difference between barewire and the Receiver of `ws`. */
import { readFileSync } from 'node:fs';
import { constants, deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { OPCODE, serializeFrame } from '../../src/protocol/frame.ts';
import { concat, fromHex } from '../support/vectors.ts';
import { DIFFERENCES, type DifferenceName, explain } from './differences.ts';
import { type Reading, readOurs, readTheirs, type Setting } from './readers.ts';

const plain: Setting = { role: 'client', maxMessageBytes: 1000, incoming: undefined };
const deflating: Setting = { ...plain, incoming: { windowBits: 15, contextTakeover: true } };

const noise = crypto.getRandomValues(new Uint8Array(600));
const farBack = deflateRawSync(concat([noise, noise.subarray(0, 100)]), {
  finishFlush: constants.Z_SYNC_FLUSH,
}).subarray(0, -4);
const stored = concat([Uint8Array.of(0, 100, 0, 0xff ^ 100, 0xff), noise.subarray(0, 100), Uint8Array.of(0)]);
const compressed = (payload: Uint8Array) => serializeFrame(true, OPCODE.binary, payload, undefined, true);

interface Example {
  readonly wire: Uint8Array;
  readonly setting: Setting;
  readonly ours: Partial<Reading>;
  readonly theirs: Partial<Reading>;
}

const EXAMPLES: Readonly<Record<DifferenceName, Example>> = {
  'minimal lengths': {
    wire: fromHex('82 7e 0001 61'),
    setting: plain,
    ours: { failure: 1002 },
    theirs: { failure: undefined, events: ['binary 61'] },
  },
  'lengths out of range': {
    wire: fromHex('82 7f 8000000000000000'),
    setting: plain,
    ours: { failure: 1002 },
    theirs: { failure: 1009 },
  },
  'checked as it comes': {
    wire: fromHex('01 02 61 ff'),
    setting: plain,
    ours: { failure: 1007 },
    theirs: { failure: undefined },
  },
  'checked when the header has come': {
    wire: fromHex('00 80'),
    setting: { ...plain, role: 'server' },
    ours: { failure: undefined },
    theirs: { failure: 1002 },
  },
  'the limit before what comes behind it': {
    wire: fromHex('c1 03 b2 78 30'),
    setting: { ...deflating, maxMessageBytes: 100 },
    ours: { failure: 1009 },
    theirs: { failure: 1007 },
  },
  'unfinished blocks': {
    wire: fromHex('c2 00'),
    setting: deflating,
    ours: { failure: 1007 },
    theirs: { failure: undefined, events: ['binary'] },
  },
  'blocks behind the last': {
    wire: compressed(fromHex('01 0100feff 61  00 0100feff 62  00')),
    setting: deflating,
    ours: { failure: undefined, events: ['binary 61 62'] },
    theirs: { failure: undefined, events: ['binary 61'] },
  },
  'the agreed window': {
    wire: compressed(farBack),
    setting: { ...deflating, incoming: { windowBits: 9, contextTakeover: true } },
    ours: { failure: 1007, events: [] },
    theirs: { failure: undefined },
  },
  'the number of fragments': {
    wire: concat([fromHex('02 00'), new Uint8Array(2 * 1024), fromHex('80 00')]),
    setting: plain,
    ours: { failure: 1009, events: [] },
    theirs: { failure: undefined, events: ['binary'] },
  },
  'the limit on compressed bytes': {
    wire: compressed(stored),
    setting: { ...deflating, maxMessageBytes: 100 },
    ours: { failure: undefined },
    theirs: { failure: 1009, events: [] },
  },
};

test.each(Object.entries(EXAMPLES))('%s', async (name, { wire, setting, ours, theirs }) => {
  expect(readOurs(wire, [], setting)).toMatchObject(ours);
  expect(await readTheirs(wire, [], setting)).toMatchObject(theirs);
  expect(await explain(wire, [], setting)).toBe(name);
});

test('a difference without a reason would be told', async () => {
  const one = await readTheirs(fromHex('82 01 61'), [], plain);
  const ours = readOurs(fromHex('82 01 62'), [], plain);
  const checks = Object.values(DIFFERENCES).map((check) =>
    check({ bytes: fromHex('82 01 62'), setting: plain, ours, theirs: one }),
  );
  expect(await Promise.all(checks)).toEqual(checks.map(() => false));
});

test('docs/conformance.md lists each of them, and no others', () => {
  const page = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8');
  const section = /^## Beside `ws`$(.*)/ms.exec(page)?.[1] ?? '';
  const listed = [...section.matchAll(/^\| ([^|]+) \|/gm)].map(([, name]) => name).slice(2);
  expect(listed).toEqual(Object.keys(DIFFERENCES));
});
