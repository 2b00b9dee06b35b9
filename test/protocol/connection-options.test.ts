import { expect, test } from 'vitest';
import { verifyLimit } from '../../src/protocol/connection-options.ts';
import { UsageError } from '../../src/protocol/errors.ts';

test.each([0, 1, 1e9, Number.POSITIVE_INFINITY])('%s is a limit', (limit) => {
  expect(() => verifyLimit(limit)).not.toThrow();
});

test.each([undefined, null, Number.NaN, '1000', -1])('%s is none', (limit) => {
  expect(() => verifyLimit(limit as never)).toThrow(UsageError);
});
