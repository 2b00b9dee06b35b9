/** The streams of the built client, in a process that waits for `closed` before it looks at what it has written. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('pending-writes.js', import.meta.url));

test('writes that the end of the connection cuts off reject with `closed`, and none is an unhandled rejection', () => {
  const printed = execFileSync(process.execPath, [SCRIPT], { encoding: 'utf8', timeout: 15_000 });
  expect(printed.trimEnd().split('\n')).toEqual([
    'a write: WebSocketError, InvalidStateError',
    'a pipe: WebSocketError, InvalidStateError',
    'a write after the Close frame: WebSocketError, InvalidStateError, InvalidStateError, InvalidStateError',
  ]);
});
