import { expect, test } from 'vitest';
import { parseArguments } from '../../autobahn/arguments.js';
import { RunError } from '../../autobahn/errors.js';

test('our own server and client are tested with all cases unless something else is asked for', () => {
  expect(parseArguments([])).toEqual({
    command: 'test',
    sides: ['server', 'client'],
    server: undefined,
    client: undefined,
    cases: undefined,
    update: false,
    timeoutMinutes: 60,
  });
});

test.each(['server', 'client'])('only the %s side is tested when it is named', (side) => {
  expect(parseArguments([side])).toMatchObject({ sides: [side] });
});

test('options are read', () => {
  expect(parseArguments(['server', '--cases', '6.*, 9.1.2', '--timeout=30'])).toMatchObject({
    cases: ['6.*', '9.1.2'],
    timeoutMinutes: 30,
  });
  expect(parseArguments(['server', '--update'])).toMatchObject({ update: true });
  expect(parseArguments(['--update'])).toMatchObject({ update: true });
});

test('--help wins over everything that follows', () => {
  expect(parseArguments(['--help'])).toEqual({ command: 'help' });
  expect(parseArguments(['nonsense', '-h'])).toEqual({ command: 'help' });
});

test.each([
  ['ws://127.0.0.1:9001', '127.0.0.1-9001'],
  ['ws://[::1]:9001/echo', '1-9001'],
  ['wss://example.test/', 'example.test'],
])('%s is called %s', (url, agent) => {
  expect(parseArguments(['server', '--url', url])).toMatchObject({ server: { url, agent } });
});

test('--agent names another server', () => {
  const parsed = parseArguments(['server', '--url', 'ws://127.0.0.1:1', '--agent', 'ws-8.23']);
  expect(parsed).toMatchObject({ server: { url: 'ws://127.0.0.1:1', agent: 'ws-8.23' } });
});

test('--command names another client', () => {
  const command = 'node client.js {url} {agent}';
  expect(parseArguments(['client', '--command', command])).toMatchObject({
    sides: ['client'],
    client: { command, agent: 'other' },
  });
  expect(parseArguments(['client', '--command', command, '--agent', 'ws'])).toMatchObject({
    client: { command, agent: 'ws' },
  });
});

test.each([
  [['servers'], "no side 'servers'"],
  [['server', 'now'], "unexpected argument 'now'"],
  [['server', '--verbose'], "Unknown option '--verbose'"],
  [['server', '--url'], 'argument missing'],
  [['server', '--url', 'http://127.0.0.1:1'], 'not a ws:// or wss:// URL'],
  [['server', '--url', '127.0.0.1:1'], 'not a ws:// or wss:// URL'],
  [['server', '--agent', 'x'], '--agent goes with --url or --command'],
  [['server', '--url', 'ws://127.0.0.1:1', '--agent', '../x'], 'not a usable name'],
  [['server', '--url', 'ws://127.0.0.1:1', '--agent', 'server'], 'not a usable name'],
  [['--url', 'ws://127.0.0.1:1'], '--url goes with: server'],
  [['client', '--url', 'ws://127.0.0.1:1'], '--url goes with: server'],
  [['--command', 'x {url} {agent}'], '--command goes with: client'],
  [['server', '--command', 'x {url} {agent}'], '--command goes with: client'],
  [['client', '--command', 'x {url}'], 'no place for {url} and {agent}'],
  [['client', '--command', 'x {url} {agent}', '--agent', 'client'], 'not a usable name'],
  [['server', '--cases', ''], 'not a case or a pattern'],
  [['server', '--cases', '6.*,x'], "'x' is not a case"],
  [['server', '--timeout', '0'], 'not a number of minutes'],
  [['server', '--timeout', '1.5'], 'not a number of minutes'],
  [['server', '--update', '--cases', '1.*'], '--update needs a full run'],
  [['server', '--update', '--url', 'ws://127.0.0.1:1'], '--update needs a full run'],
  [['client', '--update', '--command', 'x {url} {agent}'], '--update needs a full run'],
])('%j is refused in one line: %s', (argv, message) => {
  const error = caught(() => parseArguments(argv));
  expect(error).toBeInstanceOf(RunError);
  expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining(message) });
  expect((error as RunError).message).not.toContain('\n');
});

function caught(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
