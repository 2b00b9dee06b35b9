import { expect, test } from 'vitest';
import { EMPTY } from '../../src/protocol/empty.ts';

test('holds no bytes', () => {
  expect(EMPTY).toEqual(new Uint8Array(0));
});
