/** The clients that go through the cases of the suite's fuzzing server, run as the runner runs them. */
import path from 'node:path';
import { WebSocket, WebSocketServer } from 'barewire';
import { expect, onTestFinished, test } from 'vitest';
import { runCases } from '../../autobahn/case-loop.js';
import { run } from '../../autobahn/processes.js';

type Message = string | Uint8Array;

const ROOT = path.resolve(import.meta.dirname, '../..');

/** What a server saw: the addresses in order, and what came back for what it sent. */
interface Seen {
  readonly visits: string[];
  readonly echoes: Message[];
  readonly offers: (string | undefined)[];
}

/** Speaks as the fuzzing server does. */
async function fuzzingServer(cases: readonly Message[], count = String(cases.length)) {
  const seen: Seen = { visits: [], echoes: [], offers: [] };
  const server = new WebSocketServer(
    { perMessageDeflate: true, maxMessageBytes: 32 << 20, maxQueuedBytes: 64 << 20 },
    {
      open: (socket, request) => {
        const url = request.url ?? '';
        seen.visits.push(url);
        seen.offers.push(request.headers['sec-websocket-extensions']);
        const number = Number(new URL(url, 'ws://x').searchParams.get('case'));
        const message = url === '/getCaseCount' ? count : cases[number - 1];
        if (message !== undefined) socket.send(message);
        if (number === 0) socket.close(1000);
      },
      message: (socket, data) => {
        seen.echoes.push(data);
        socket.close(1000);
      },
    },
  );
  const { port } = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close({ timeoutMs: 100 }));
  return { url: `ws://127.0.0.1:${port}`, seen };
}

test.each([
  ['our own', ['autobahn/echo-client.js'], 16],
  ["ws's", ['autobahn/peers/ws-client.js'], 16],
  ["Node's", ['--experimental-websocket', 'autobahn/peers/standard-client.js'], 3], // inflates no more than 4 MiB
])(
  '%s client asks for the number of cases, echoes each, and has the report written',
  async (_whose, file, mebibytes) => {
    const cases = ['text', new Uint8Array([0, 255, 128]), new Uint8Array(mebibytes << 20).fill(7), ''];
    const { url, seen } = await fuzzingServer(cases);
    const outcome = await run(process.execPath, [...file, url, 'a b'], { cwd: ROOT });
    expect(outcome).toMatchObject({ code: 0 });
    expect(seen.visits).toEqual([
      '/getCaseCount',
      ...[1, 2, 3, 4].map((number) => `/runCase?case=${number}&agent=a%20b`),
      '/updateReports?agent=a%20b',
    ]);
    expect(seen.echoes.every((echo, index) => Buffer.from(echo).equals(Buffer.from(cases[index]!)))).toBe(
      true,
    );
    expect(seen.echoes.map((echo) => typeof echo)).toEqual(['string', 'object', 'object', 'string']);
    expect(seen.offers.every((offer) => offer?.startsWith('permessage-deflate'))).toBe(true);
  },
);

test('a server that tells no number of cases, or is not there, is an error', async () => {
  const { url } = await fuzzingServer([], 'many');
  const client = (to: string) =>
    run(process.execPath, [path.join(ROOT, 'autobahn/echo-client.js'), to, 'us']);
  expect(await client(url)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('did not tell a number'),
  });
  expect(await client('ws://127.0.0.1:1')).toMatchObject({ code: 1 });
});

test('a case that takes too long is cut off, and the next one begins', async () => {
  const { url, seen } = await fuzzingServer(['never answered', 'answered']);
  await runCases(
    (to, answer: (message: Message) => Message | undefined) => {
      const socket = new WebSocket(to);
      socket.addEventListener('message', ({ data }) => {
        const message = answer(data);
        if (message !== undefined && message !== 'never answered') socket.send(message);
      });
      return { ended: socket.closed, cut: () => socket.terminate() };
    },
    [`${url}/`, 'us'],
    500,
  );
  expect(seen.visits.at(-1)).toBe('/updateReports?agent=us');
  expect(seen.echoes).toEqual(['answered']);
});

test('without its two parameters a client does not begin', async () => {
  const connect = () => ({ ended: Promise.resolve(), cut() {} });
  await expect(runCases(connect, ['ws://127.0.0.1:1'])).rejects.toThrow('URL AGENT');
});
