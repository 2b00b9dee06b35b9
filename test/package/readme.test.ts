/** The snippets of README.md, run as they stand: only the port is changed. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'barewire';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { WebSocket as Client } from 'ws';
import { startProxy } from '../support/proxy.ts';
import { answer, connect, echoPort, run, snippets, snippetWith } from '../support/snippets.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('each snippet of README.md is a file in examples/, after a comment', () => {
  const examples = readdirSync(join(root, 'examples')).map((name) =>
    readFileSync(join(root, 'examples', name), 'utf8').replace(/^\/\*\* [^*]*\*\/\n/, ''),
  );
  expect(examples.sort()).toEqual(snippets('README.md').sort());
});

describe.each(['README.md', 'README.zh.md'])('%s', (page) => {
  test('the echo server', async () => {
    const running = await run(snippetWith(page, "console.log('open'"));
    const client = await connect(running, '/somewhere');
    expect(await answer(client, 'hello')).toBe('hello');
    client.close(4000, 'bye');
    await once(client, 'close');
    await expect.poll(running.output).toBe('open /somewhere\nclosed 4000 bye\n');
  });

  test('the loop', async () => {
    const client = await connect(await run(snippetWith(page, 'for await', 'socket.drained')));
    expect(await answer(client, 'hello')).toBe('you said hello');
  });

  test('the browser’s interface', async () => {
    const running = await run(snippetWith(page, 'addEventListener'));
    const client = await connect(running);
    expect(await answer(client, 'hello')).toBe('hello');
    client.close(1000);
    await expect.poll(running.output).toBe('1000 true\n');
  });

  test('beside routes, with a check', async () => {
    const running = await run(snippetWith(page, 'authorize'));
    const heard: string[] = [];
    await connect(running, '/live?token=secret-token', {}, (text) => heard.push(text));
    await expect.poll(() => heard).toEqual(['hello, Ada']);
    await expect(connect(running, '/live?token=guess')).rejects.toThrow('401');
    await expect(
      connect(running, '/live?token=secret-token', { origin: 'https://evil.example' }),
    ).rejects.toThrow('403');
    await connect(running, '/live?token=secret-token', { origin: 'https://app.example' });
    expect(await (await fetch(`http://127.0.0.1:${running.port}/`)).text()).toBe('an ordinary page\n');
  });

  test('everybody, and an orderly end', async () => {
    const running = await run(snippetWith(page, 'server.broadcast'));
    const [sender, listener] = [await connect(running), await connect(running)];
    const heard = once(listener, 'message');
    expect(await answer(sender, 'hello')).toBe('hello');
    expect(String((await heard)[0])).toBe('hello');
    const closed = once(listener, 'close');
    running.process.kill('SIGTERM');
    expect((await closed)[0]).toBe(1001);
    expect(await once(running.process, 'exit')).toEqual([0, null]);
  });

  test('rooms', async () => {
    const running = await run(snippetWith(page, 'server.publish'));
    const rooms = ['/cats', '/cats', '/dogs'];
    const heard: string[][] = rooms.map(() => []);
    const members: Client[] = [];
    for (const [i, room] of rooms.entries()) {
      members.push(await connect(running, room, {}, (text) => heard[i]!.push(text)));
    }
    const [ann, bob, dog] = members;
    dog!.send('woof');
    ann!.send('hello');
    await expect.poll(() => heard).toEqual([[], ['hello'], []]);
    bob!.close();
    await expect.poll(() => heard).toEqual([['somebody has left'], ['hello'], []]);
  });

  test('the client, against the echo server', async () => {
    const running = await run(snippetWith(page, 'that was all'), await echoPort());
    await once(running.process, 'exit');
    expect(running.output()).toContain('got hello\n{\n  code: 1000,');
  });

  test('the client that connects again', async () => {
    const running = await run(snippetWith(page, 'failures'));
    const codes = [1012, 1000];
    const server = new WebSocketServer({}, (socket) => {
      socket.send('welcome');
      socket.close(codes.shift());
    });
    await server.listen(running.port, '127.0.0.1'); // the first try may come before
    onTestFinished(() => server.close({ timeoutMs: 100 }));
    expect(await once(running.process, 'exit')).toEqual([0, null]);
    expect(running.output()).toBe('got welcome\n'.repeat(2));
    expect(codes).toEqual([]);
  });

  test('the client that connects again gives up where the server refuses', async () => {
    const server = new WebSocketServer({ authorize: () => false });
    const { port } = await server.listen(0, '127.0.0.1');
    onTestFinished(() => server.close({ timeoutMs: 100 }));
    const running = await run(snippetWith(page, 'failures'), port);
    expect(await once(running.process, 'exit')).toEqual([1, null]);
    expect(running.output()).toContain('403');
  });

  test('the relay', async () => {
    const ends: string[] = [];
    const upstream = new WebSocketServer(
      {},
      {
        message: (socket, data) => {
          if (data === 'close') socket.close(4002, 'by the server');
          else socket.send(`${socket.url.replace(/.*\//, '/')} ${data}`);
        },
        close: (_socket, { code, reason }) => ends.push(`${code} ${reason}`),
      },
    );
    const { port } = await upstream.listen(0, '127.0.0.1');
    onTestFinished(() => upstream.close({ timeoutMs: 100 }));
    const running = await run(snippetWith(page, 'upstream').replaceAll('9000', String(port)));

    const client = await connect(running, '/room');
    expect(await answer(client, 'hello')).toBe('/room hello');
    client.close(4001, 'by the client');
    await expect.poll(() => ends).toEqual(['4001 by the client']);

    const other = await connect(running, '/room');
    const closed = once(other, 'close');
    other.send('close');
    expect(String(await closed)).toBe('4002,by the server');

    const silent = await connect(running, '/room');
    silent.close(); // without a code
    await expect.poll(() => ends).toEqual(['4001 by the client', '4002 by the server', '1005 ']);

    await upstream.close();
    expect(String(await once(await connect(running), 'close'))).toMatch(/^1014,/);
  });

  test('the client through a proxy', async () => {
    const port = await echoPort();
    const proxy = await startProxy(port);
    const code = snippetWith(page, 'CONNECT').replace('3128', String(proxy.port));
    const running = await run(code, port);
    await once(running.process, 'exit');
    expect(running.output()).toBe('got hello through the proxy\n');
    expect(proxy.requests).toEqual([`CONNECT localhost:${port}`]);
  });

  test('a message in parts', async () => {
    const running = await run(snippetWith(page, 'sendStream'), await echoPort());
    await once(running.process, 'exit');
    expect(running.output()).toBe('got in three parts\n');
  });

  test('the client as streams', async () => {
    const running = await run(snippetWith(page, 'new WebSocketStream('), await echoPort());
    await once(running.process, 'exit');
    expect(running.output()).toBe('got streamed\n');
  });

  test('the protocol alone prints what its comments say', async () => {
    const code = snippetWith(page, 'barewire/protocol');
    const running = await run(code);
    await once(running.process, 'exit');
    const said = [...code.matchAll(/\/\/ (.+)$/gm)].map(([, comment]) => comment);
    expect(running.output()).toBe(`${said.join('\n')}\n`);
  });

  test('no snippet goes untried', () => {
    expect(snippets(page)).toHaveLength(13);
  });
});
