import { expect, test } from 'vitest';
import * as platform from '../../../src/protocol/platform/default.ts';
import * as node from '../../../src/protocol/platform/node.ts';
import { describePlatform } from './describe-platform.ts';

describePlatform('default', platform);

test('both platform files export the same names, so that either can stand for the other', () => {
  expect(Object.keys(platform).sort()).toEqual(Object.keys(node).sort());
});

test('bytes it allocates are zero', () => {
  expect(platform.allocate(3)).toEqual(new Uint8Array(3));
});
