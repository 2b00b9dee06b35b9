/** One signal for many clients. First of sockets, then of the function alone. */
import { getEventListeners } from 'node:events';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { whenAborted } from '../../src/client/abort.ts';
import { startRaw } from '../support/raw-server.ts';
import { startEcho } from '../support/servers.ts';
import { connect, failure } from './connect.ts';

function warningsFromNow(): Error[] {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  return warnings;
}

test('a signal may be that of a hundred clients, without a warning', async () => {
  const warnings = warningsFromNow();
  const { signal } = new AbortController();
  const { port } = await startEcho();
  const sockets = Array.from({ length: 100 }, () => connect(`ws://127.0.0.1:${port}`, { signal }));
  await Promise.all(sockets.map(({ opened }) => opened));
  await endOfTurn();
  expect(warnings).toEqual([]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('it aborts all that are not open, for its reason, and no other', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const silent = await startRaw();
  const { port } = await startEcho();
  const open = await connect(`ws://127.0.0.1:${port}`, { signal }).opened;
  const failures = Array.from({ length: 12 }, () => failure(connect(silent.url, { signal })));
  const other = connect(silent.url, { signal: new AbortController().signal });
  const reason = new Error('enough');
  controller.abort(reason);
  for (const error of await Promise.all(failures)) expect(error).toBe(reason);
  expect([open.readyState, other.readyState]).toEqual([open.OPEN, other.CONNECTING]);
});

test('a signal has one listener while anything waits for it', () => {
  const controller = new AbortController();
  const { signal } = controller;
  const called: string[] = [];
  const letGo = ['a', 'b', 'c'].map((name) => whenAborted(signal, () => called.push(name)));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  letGo[1]!();
  letGo[1]!();
  controller.abort();
  expect(called).toEqual(['a', 'c']);
  letGo[0]!();
  letGo[2]!();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  whenAborted(signal, () => {})();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
