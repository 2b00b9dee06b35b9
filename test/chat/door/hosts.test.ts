import { expect, test } from 'vitest';
import { originsOf } from '../../../src/chat/door/hosts.ts';

test('origins are as browsers write them', () => {
  expect(originsOf(['localhost', '[::1]', 'Chat.example'], 8080)).toEqual([
    'http://localhost:8080',
    'http://[::1]:8080',
    'http://chat.example:8080',
  ]);
  expect(originsOf(['localhost'], 80)).toEqual(['http://localhost']);
});

test('what no browser can open has no origin', () => {
  expect(originsOf(['[fe80::1%eth0]'], 8080)).toEqual([]);
});
