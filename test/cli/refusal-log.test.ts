/** The lines that tell what was refused, a page or a name, and what to type to let it in. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { hostLogger, originLogger, pathLogger } from '../../src/cli/refusal-log.ts';
import { statusOf } from '../chat/member.ts';
import { BarewireCommand } from '../support/barewire-command.ts';
import { RawClient } from '../support/raw-client.ts';

async function startChat(...flags: string[]) {
  const command = BarewireCommand.start(['chat', ...flags]);
  const url = `ws://127.0.0.1:${await command.port()}/chat`;
  /** Knocks with an Origin; it is refused. */
  const refuse = async (origin: string) => {
    expect(await statusOf(url, { headers: { origin } })).toBe(403);
  };
  /** Asks for the chat by another name, or by what is none; it is refused. */
  const misdirect = async (host: string) => {
    expect([400, 421]).toContain(await statusOf(url, { headers: { host } }));
  };
  /** What was said since the address, when all of it is there. */
  const said = async () => {
    await refuse('http://the-last.example');
    await command.line(/the-last/);
    return command.lines.slice(1).filter((line) => !line.includes('the-last'));
  };
  return { refuse, misdirect, said, url };
}

/** What a shell makes of a line that begins with `barewire`: the parameters. */
function shellParameters(line: string): string[] {
  const script = `barewire() { printf '%s\\n' "$@"; }; ${line}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\n').slice(0, -1);
}

async function folder(name: string): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'barewire-cli-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  const path = join(parent, name);
  await mkdir(path);
  return path;
}

describe('a page from another origin', () => {
  test('is named, with what to type to let it in', async () => {
    const { refuse, said } = await startChat('--port', '0');
    await refuse('http://localhost:5173');
    expect(await said()).toEqual([
      'refused a page from http://localhost:5173; to let it in: ' +
        'barewire chat --port 0 --allow-origin http://localhost:5173',
    ]);
  });

  test('that is a file is explained', async () => {
    const { refuse, said } = await startChat('--port', '0');
    await refuse('null');
    expect(await said()).toEqual([
      'refused a page from null (a file opened directly, or a sandboxed page); to let it in: ' +
        'barewire chat --port 0 --allow-origin null',
    ]);
  });

  test('is named once, however often it comes', async () => {
    const { refuse, said } = await startChat('--port', '0');
    for (const origin of ['null', 'http://a.example', 'null', 'http://a.example', 'null'])
      await refuse(origin);
    const lines = await said();
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^refused a page from null /);
    expect(lines[1]).toMatch(/^refused a page from http:\/\/a\.example;/);
  });

  test('is not named any more after a hundred others', async () => {
    const { refuse, said } = await startChat('--port', '0');
    for (let index = 0; index < 99; index++) await refuse(`http://a${index}.example`);
    expect(await said()).toHaveLength(99); // and the last one
    await refuse('http://one-too-many.example');
    expect(await said()).toHaveLength(99);
  });

  test('is let in by the flags that were there already and the new one', async () => {
    const page = await folder('my-page');
    const flags = ['--public', page, '--allow-origin', 'http://localhost:5173', '--port', '0'];
    const { refuse, said } = await startChat(...flags);
    await refuse('null');
    const [line = ''] = await said();
    expect(line).toContain(`barewire chat ${flags.join(' ')} --allow-origin null`);
  });

  test('is let in by a line without the secrets that were there', async () => {
    const flags = [
      '--api-token',
      'secret-1-of-this-chat',
      '--api-token=secret-2-of-this-chat',
      '--port',
      '0',
      '--data',
      'none',
    ];
    const { refuse, said } = await startChat(...flags);
    await refuse('null');
    const [line = ''] = await said();
    const command = 'barewire chat --port 0 --data none --allow-origin null';
    expect(line).toContain(`; to let it in (the --api-token is left out here: add it): ${command}`);
    expect(line).not.toContain('secret');
    const pasted = BarewireCommand.paste(command);
    const headers = { origin: 'null' };
    expect(await statusOf(`ws://127.0.0.1:${await pasted.port()}/chat`, { headers })).toBe(101);
  });

  test.each(["it's my page", '$HOME `id` ; * ? "quoted" \\ & | < > # ~ !', '-dash', '线 é', '{a,b}'])(
    'is let in by a line that a shell reads as it was meant: a folder named %s',
    async (name) => {
      const page = await folder(name);
      const { refuse, said } = await startChat('--port', '0', '--public', page);
      await refuse('http://[::1]:3000');
      const [line = ''] = await said();
      expect(shellParameters(line.slice(line.indexOf('barewire chat')))).toEqual([
        'chat',
        '--port',
        '0',
        '--public',
        page,
        '--allow-origin',
        'http://[::1]:3000',
      ]);
    },
  );
});

/** Node gives bytes as Latin-1 characters, and so does this. */
const NO_ORIGINS = {
  'nothing at all': '',
  'another command': 'http://evil.example; rm -rf ~',
  'a substitution': 'http://$(id).example',
  'a substitution of old': 'http://`id`.example',
  'a pipe': 'http://a|b',
  'an ampersand': 'http://a&b',
  'a quote': "http://a'b",
  'a double quote': 'http://a"b',
  'a backslash': 'http://a\\b',
  'a redirection': 'http://a>b',
  'a space': 'http://a b',
  'a tab': 'http://a\tb',
  'a path': 'http://a/path',
  'a flag': '--public=/',
  'null twice': 'null null',
  'two origins': 'http://a, http://b',
  'what a terminal obeys': 'http://\x9b2J\x9d0;title\x9c',
  'a letter beyond ASCII': 'http://caf\xe9',
  'a very long host': `http://${'a'.repeat(10_000)}.example`,
  'a very long scheme': `${'a'.repeat(300)}://example`,
  'what gets longer when quoted': `http://${'"'.repeat(5_000)}`,
};

test('an Origin that is none is quoted once, is no line to paste, and cannot write into the terminal', async () => {
  const { refuse, said } = await startChat('--port', '0');
  for (const origin of Object.values(NO_ORIGINS)) await refuse(origin);
  for (const origin of Object.values(NO_ORIGINS)) await refuse(origin);
  const lines = await said();
  const names = Object.keys(NO_ORIGINS);
  for (const [index, name] of names.entries()) {
    expect(lines[index], name).toMatch(/^refused a request with the Origin "[ -~]{0,420}", which is none$/);
    expect(lines[index], name).not.toMatch(/barewire|--allow-origin/);
  }
  expect(lines).toHaveLength(names.length);
});

describe('a name that is none of the chat', () => {
  test('is named once, by a page or a WebSocket, with what to type to answer to it', async () => {
    const { misdirect, said, url } = await startChat('--port', '0', '--allow-host', 'first.example');
    await misdirect('chat.example');
    await misdirect('chat.example');
    const client = await RawClient.connect(Number(new URL(url).port));
    client.write(
      'GET / HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n\r\nGET / HTTP/1.1\r\nHost: chat.example\r\n\r\n',
    );
    await client.until(() => client.received.toString().split('421 Misdirected').length === 3);
    const command = 'barewire chat --port 0 --allow-host first.example --allow-host';
    expect(await said()).toEqual([
      `refused a request to chat.example; if that is a name of yours, to answer to it: ${command} chat.example`,
      `refused a request to [2001:db8::1]:81; if that is a name of yours, to answer to it: ${command} '[2001:db8::1]:81'`,
    ]);
  });

  test('is answered to by the line that was told', async () => {
    const { misdirect, said } = await startChat('--port', '0');
    await misdirect('chat.example');
    const [line = ''] = await said();
    const command = BarewireCommand.paste(line.slice(line.indexOf('barewire chat')));
    const url = `ws://127.0.0.1:${await command.port()}/chat`;
    expect(await statusOf(url, { headers: { host: 'chat.example', origin: 'https://chat.example' } })).toBe(
      101,
    );
    expect(await statusOf(url, { headers: { host: 'other.example' } })).toBe(421);
  });

  test('is not named any more after a hundred others', async () => {
    const { misdirect, said } = await startChat('--port', '0');
    for (let index = 0; index < 101; index++) await misdirect(`a${index}.example`);
    expect(await said()).toHaveLength(100);
  });
});

const NO_HOSTS = {
  'another command': 'evil.example; rm -rf ~',
  'a substitution': '$(id).example',
  'a substitution of old': '`id`.example',
  'a quote': "a'b",
  'a double quote': 'a"b',
  'a flag': '--public',
  'a URL': 'http://a.example',
  'no port': 'a.example:b',
  'two hosts': 'a, b',
  'what a terminal obeys': 'a\x9b2J\x9d0;title\x9c',
  'a letter beyond ASCII': 'caf\xe9',
  'a very long host': `${'a'.repeat(10_000)}.example`,
  'what gets longer when quoted': '"'.repeat(5_000),
};

test('a Host that is none is quoted once, is no line to paste, and cannot write into the terminal', async () => {
  const { misdirect, said } = await startChat('--port', '0');
  for (const host of Object.values(NO_HOSTS)) await misdirect(host);
  for (const host of Object.values(NO_HOSTS)) await misdirect(host);
  const lines = await said();
  const names = Object.keys(NO_HOSTS);
  for (const [index, name] of names.entries()) {
    expect(lines[index], name).toMatch(/^refused a request with the Host "[ -~]{0,420}", which is none$/);
    expect(lines[index], name).not.toMatch(/barewire|--allow-host/);
  }
  expect(lines).toHaveLength(names.length);
});

/** What is written on the console from here on. */
function watchConsole(): string[] {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  onTestFinished(() => log.mockRestore());
  return lines;
}

test('a WebSocket at a wrong path is named once, with where it should go, and cannot write into the terminal', () => {
  const lines = watchConsole();
  const tell = pathLogger(() => 'ws://localhost:8080/chat');
  for (const path of ['/', '/ws', '/', '/\x1b[2J\x9b"; rm -rf ~']) tell(path);
  const rest = 'that of the chat is at ws://localhost:8080/chat';
  expect(lines).toEqual([
    `refused a WebSocket at "/"; ${rest}`,
    `refused a WebSocket at "/ws"; ${rest}`,
    `refused a WebSocket at "/\\u001b[2J\\u009b\\"; rm -rf ~"; ${rest}`,
  ]);
  for (let index = 0; index < 200; index++) tell(`/${index}`);
  expect(lines).toHaveLength(100);
});

test('a token on the command line is left out for a name too, and said to be', () => {
  const lines = watchConsole();
  hostLogger(['--api-token', 'hidden-token-of-mine', '--port', '81'])('chat.example');
  expect(lines).toEqual([
    'refused a request to chat.example; if that is a name of yours, to answer to it ' +
      '(the --api-token is left out here: add it): barewire chat --port 81 --allow-host chat.example',
  ]);
});

test.each([
  ['--redis', 'redis://:hidden@redis.example:6379/1'],
  ['--redis', 'rediss://user:hidden@hidden@redis.example'],
  ['--redis=redis://:hidden@redis.example'],
])('the password of a Redis is not told: %s', (...flags) => {
  const lines = watchConsole();
  originLogger(flags)('null');
  expect(lines[0]).toMatch(/barewire chat .*redis.*\*\*\*@redis\.example/);
  expect(lines[0]).not.toContain('hidden');
});
