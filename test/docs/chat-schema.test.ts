/** docs/chat-v1.schema.json against the server that it describes, and against the tables of docs/chat-protocol.md. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startChat } from '../../src/chat/chat-server.ts';
import { parseRequest, verifyText } from '../../src/chat/protocol.ts';
import { ChatClient, signIn } from '../chat/chat-client.ts';

interface Message {
  readonly properties: Readonly<Record<string, { readonly const?: string }>>;
}

const schema = JSON.parse(readFileSync('docs/chat-v1.schema.json', 'utf8'));
const page = readFileSync('docs/chat-protocol.md', 'utf8');
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
ajv.addSchema(schema, 'chat');
const isRequest = ajv.compile({ $ref: 'chat#/$defs/request' });
/** With an error for what the schema does not name, which a client would ignore. */
const isMessage = ajv.compile({ ...closed(schema), anyOf: [{ $ref: '#/$defs/message' }] });

const typeOf = ({ properties }: Message) => properties['type']?.const ?? '';
const requests: Message[] = schema.$defs.request.oneOf;
const messages: Message[] = schema.$defs.message.oneOf;

/** The schema, with no fields in its objects but those that it names. */
function closed(part: unknown): object {
  const copy = JSON.stringify(part, (_key, value) =>
    value?.type === 'object' ? { ...value, additionalProperties: false } : value,
  );
  return JSON.parse(copy);
}

describe('the tables of the page', () => {
  const [, fromClient = '', fromServer = ''] = page.split(/^## From the .*$/m);
  test.each([
    ...requests.map((one) => [typeOf(one), fromClient, one] as const),
    ...messages.map((one) => [typeOf(one), fromServer, one] as const),
  ])('%s has the fields of the schema', (type, table, { properties }) => {
    const [, fields = ''] = new RegExp(`^\\| \`${type}\` \\|([^|]*)\\|`, 'm').exec(table) ?? [];
    for (const field of Object.keys(properties)) {
      if (field !== 'type') expect(fields).toMatch(new RegExp(`\\b${field}\\b`));
    }
  });

  test('have the codes of the schema', () => {
    const error = messages.find((one) => typeOf(one) === 'error') as unknown as {
      properties: { code: { enum: string[] } };
    };
    const errors = page.split(/^## /m).find((part) => part.startsWith('Errors')) ?? '';
    const codes = [...errors.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
    expect(codes.slice(1)).toEqual(error.properties.code.enum); // below the heading of the table
  });
});

describe('a request', () => {
  const seq = fc.constantFrom(1, 2, Number.MAX_SAFE_INTEGER, 0, -1, 1.5, 2 ** 53, '1', null);
  const epoch = fc.constantFrom(
    '0123456789abcdef',
    'e',
    '',
    'x'.repeat(64),
    'x'.repeat(65),
    '😀'.repeat(33),
    1,
  );
  const values: Record<string, fc.Arbitrary<unknown>> = {
    type: fc.constantFrom(...requests.map(typeOf), 'welcome', '', 1),
    room: fc.constantFrom(
      'lobby',
      'e-key',
      '房间',
      'a b',
      '',
      'x'.repeat(64),
      'x'.repeat(65),
      '.sessions',
      1,
    ),
    id: fc.oneof(fc.constantFrom(randomUUID(), randomUUID()), fc.constantFrom('', 'no uuid', 1)),
    after: fc.oneof(
      fc.record({ epoch, seq, id: epoch }, { requiredKeys: [] }),
      fc.constantFrom(null, 'e', 1),
    ),
    before: seq,
    limit: seq,
    target: seq,
    targetId: epoch,
    text: fc.constantFrom('hi', '你好', '', 1, null),
    sealed: fc.constantFrom(true, false, 1),
  };

  function isTaken(request: unknown): boolean {
    try {
      const parsed = parseRequest(JSON.stringify(request));
      if ('id' in parsed) verifyText(parsed, 1000);
      return true;
    } catch {
      return false;
    }
  }

  test('is taken by the server exactly if the schema has it', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.record(values, { requiredKeys: ['type', 'room'] }), (request) => {
        const isInSchema = isRequest(request);
        taken += isInSchema ? 1 : 0;
        expect(isTaken(request)).toBe(isInSchema);
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(500); // or the property would say nothing
  });
});

test('all that the server says is in the schema, and nothing more', async () => {
  const limits = { crowd: 3, crowdPerSecond: 1, rooms: 2, textBytes: 100, burst: 8 };
  const chat = await startChat({ publicFolder: 'public', limits }, 0, '127.0.0.1');
  onTestFinished(() => chat.close());
  const base = `http://127.0.0.1:${chat.address.port}/`;
  const cookie = await signIn(base, 'Ann');
  const ann = await ChatClient.connect(base, 'Ann', cookie);
  const said: { type: string }[] = [];
  ann.socket.on('message', (data) => said.push(JSON.parse(String(data))));
  const ask = (request: Readonly<Record<string, unknown>>, isRight = true) => {
    expect([isRequest(request), request]).toEqual([isRight, request]);
    ann.send(request);
  };
  ask({ type: 'join', room: 'r', after: { epoch: 'another', seq: 3 } });
  await ann.next('joined');
  ask({ type: 'typing', room: 'r' });
  await ann.next('typing');
  const say = { room: 'r', id: randomUUID(), text: 'hi' };
  ask({ type: 'say', ...say });
  const { id: targetId, seq: target } = await ann.next('ack');
  ask({ type: 'edit', ...say, id: randomUUID(), target, targetId, text: 'hello' });
  ask({ type: 'delete', room: 'r', id: randomUUID(), target, targetId });
  await ann.entries(3);
  ask({ type: 'history', room: 'r', before: 2, limit: 10 });
  await ann.next('history');
  ask({ type: 'join', room: 'r', after: { epoch: 'another', seq: 3 } });
  await ann.next('gap');
  ask({ type: 'say', ...say, id: randomUUID(), room: 'elsewhere' });
  ask({ type: 'say', ...say, id: 'none' }, false);
  ask({ type: 'edit', ...say, id: randomUUID(), target: 9, targetId });
  ask({ type: 'say', ...say, id: randomUUID(), text: 'x'.repeat(101) });
  for (const code of ['not-joined', 'bad-message', 'not-yours', 'text-too-long']) {
    await ann.next('error', (answer) => answer.code === code);
  }
  for (let count = 0; count < 9; count++) ask({ type: 'say', ...say, id: randomUUID() });
  await ann.next('error', ({ code }) => code === 'too-fast');
  ask({ type: 'join', room: 'b' });
  ask({ type: 'join', room: 'c' });
  await ann.next('error', ({ code }) => code === 'too-many-rooms');
  for (let count = 0; count < 2; count++) await (await ChatClient.connect(base, 'more')).join('r');
  await ann.next('crowd');
  ask({ type: 'leave', room: 'b' });
  for (const message of said) {
    expect([isMessage(message), isMessage.errors, message]).toEqual([true, null, message]);
  }
  const seen = new Set(said.map(({ type }) => type));
  // The first comes before the test listens; the log in memory can always be reached.
  const types = messages.map(typeOf).filter((type) => type !== 'welcome' && type !== 'storage');
  expect(types.filter((type) => !seen.has(type))).toEqual([]);
  const welcome = (await ChatClient.connect(base, 'Ben')).next('welcome');
  expect([isMessage(await welcome), isMessage.errors]).toEqual([true, null]);
  expect(isMessage({ ...(await welcome), more: 1 })).toBe(false); // or it would say nothing
});
