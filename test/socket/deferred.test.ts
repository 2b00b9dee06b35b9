import { expect, test } from 'vitest';
import { defer } from '../../src/socket/deferred.ts';

test('is pending at first', async () => {
  expect(await Promise.race([defer().promise, 'pending'])).toBe('pending');
});

test('resolves', async () => {
  const { promise, resolve } = defer<number>();
  resolve(5);
  expect(await promise).toBe(5);
});

test('rejects', async () => {
  const { promise, reject } = defer();
  reject('why');
  await expect(promise).rejects.toBe('why');
});

test('is settled once', async () => {
  const { promise, resolve, reject } = defer<number>();
  resolve(1);
  resolve(2);
  reject('why');
  expect(await promise).toBe(1);
});
