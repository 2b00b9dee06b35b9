/** The conversation of docs/chat-protocol.md: its frames in the schema, and said once more to a chat. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ChatClient } from '../chat/chat-client.ts';
import { BarewireCommand } from '../support/barewire-command.ts';
import { findProgram, leftOutWithout } from '../support/tools.ts';
import { blocksOf } from './page.ts';

const page = await readFile('docs/chat-protocol.md', 'utf8');
const blocks = blocksOf(page);
const frames = (blocks.find(({ info }) => info === 'frames')?.lines ?? []).map((line) => ({
  isSaid: line.startsWith('→ '),
  text: line.slice(2),
  message: JSON.parse(line.slice(2)),
}));

test('has frames both ways, as JSON without spaces', () => {
  expect(frames.map(({ message }) => message.type)).toEqual([
    'welcome',
    'join',
    'joined',
    'presence',
    'say',
    'entries',
    'ack',
  ]);
  for (const { text, message } of frames) expect(text).toBe(JSON.stringify(message));
});

const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false });
ajv.addSchema(JSON.parse(await readFile('docs/chat-v1.schema.json', 'utf8')), 'chat');
const isRequest = ajv.compile({ $ref: 'chat#/$defs/request' });
const isMessage = ajv.compile({ $ref: 'chat#/$defs/message' });

test.each(frames)('is in the schema: $text', ({ isSaid, message }) => {
  const isRight = isSaid ? isRequest : isMessage;
  expect([isRight(message), isRight.errors]).toEqual([true, null]);
});

/** With a name in place of each value that is another one each time: the first epoch, the second … */
function named(messages: readonly object[]): unknown {
  const names = new Map<unknown, string>([['', '']]);
  const name = (kind: string, value: unknown) => {
    if (!names.has(value)) names.set(value, `${kind} ${names.size}`);
    return names.get(value);
  };
  const replaced = JSON.stringify(messages, (key, value) => {
    if (['epoch', 'at', 'expires'].includes(key)) return name(key, value);
    return value?.name === 'Ann' ? { ...value, id: name('user', value.id) } : value;
  });
  return JSON.parse(replaced);
}

const run = promisify(execFile);
const curl = findProgram('curl');

describe.skipIf(leftOutWithout(curl))('run as it stands', () => {
  test('a cookie by curl, and the same answers', async () => {
    const data = await mkdtemp(join(tmpdir(), 'barewire-conversation-'));
    onTestFinished(() => rm(data, { recursive: true }));
    const command = BarewireCommand.start(['chat', '--port', '0', '--data', data]);
    const port = await command.port();
    const line = blocks.find(({ info }) => info === 'sh')!.lines.join('\n');
    const { stdout } = await run('sh', ['-c', line.replace(':8080/', `:${port}/`)]);
    const printed = blocks[blocks.findIndex(({ info }) => info === 'sh') + 1]!.lines.join('\n');
    expect(shapeOf(stdout.trim())).toBe(shapeOf(printed));
    const cookie = stdout.trim().replace('Set-Cookie: ', '').split(';')[0];
    const client = await ChatClient.connect(`http://127.0.0.1:${port}/`, 'Ann', cookie);
    const got: object[] = [];
    for (const { isSaid, message } of frames) {
      if (isSaid) client.send(message);
      got.push(isSaid ? message : await client.next(message.type));
    }
    expect(named(got)).toEqual(named(frames.map(({ message }) => message)));
    await command.stop();
  });
});

/** A line for Set-Cookie, without what is another one each time. */
function shapeOf(line: string): string {
  return line.replace(/^(Set-Cookie: barewire-session)=[\w-]+\.QW5u\.\d+\.[\w-]+\.[\w-]{43};/, '$1=…;');
}
