/** The programs of docs/ws.md, in pairs: one for ws, which runs on ws and on `barewire/ws`, and the same for barewire. */
import { once } from 'node:events';
import { WebSocketServer } from 'barewire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { answer, connect, echoPort, run, snippets, snippetWith } from '../support/snippets.ts';

const PAGES = ['docs/ws.md', 'docs/ws.zh.md'];

test('the pages have the same programs', () => {
  const [english, chinese] = PAGES.map(snippets);
  expect(english).toHaveLength(11);
  expect(chinese).toEqual(english);
});

const VERSIONS = [
  ['ws', "from 'ws'", "from 'ws'"],
  ['barewire/ws', "from 'ws'", "from 'barewire/ws'"],
  ['barewire', "from 'barewire'", "from 'barewire'"],
] as const;

describe.each(VERSIONS)('on %s', (_name, written, runs) => {
  const program = (...words: string[]) => snippetWith(PAGES[0]!, written, ...words).replace(written, runs);
  const broadcasts = written === "from 'ws'" ? 'isBinary' : 'server.broadcast';
  const looksForDeadOnes = written === "from 'ws'" ? 'setInterval' : 'pingIntervalMs';

  test('a broadcast reaches all', async () => {
    const running = await run(program(broadcasts));
    const heard: string[] = [];
    await connect(running, '/', {}, (text) => heard.push(text));
    const sender = await connect(running);
    expect(await answer(sender, 'hello')).toBe('hello');
    await expect.poll(() => heard).toEqual(['hello']);
  });

  test('those who are alive are heard', async () => {
    const client = await connect(await run(program(looksForDeadOnes)));
    expect(await answer(client, 'hello')).toBe('hello');
  });

  test('a user is let in, and nobody else', async () => {
    const running = await run(program('secret-token'));
    const heard: string[] = [];
    await connect(running, '/?token=secret-token', {}, (text) => heard.push(text));
    await expect.poll(() => heard).toEqual(['hello, Ada']);
    await expect(connect(running, '/?token=guess')).rejects.toThrow('401');
  });

  test('several serve their paths, beside pages', async () => {
    const running = await run(program('createServer', '/dogs'));
    for (const path of ['/cats', '/dogs']) {
      const heard: string[] = [];
      await connect(running, path, {}, (text) => heard.push(text));
      await expect.poll(() => heard).toEqual([path]);
    }
    await expect(connect(running, '/birds')).rejects.toThrow();
    expect(await (await fetch(`http://127.0.0.1:${running.port}/`)).text()).toBe('an ordinary page\n');
  });

  test('a client talks', async () => {
    const running = await run(program('my-program'), await echoPort());
    await once(running.process, 'exit');
    expect(running.output()).toBe('got hello\nclosed with 1000\n');
  });

  test('a client that is refused says so', async () => {
    const server = new WebSocketServer({ authorize: () => false });
    const { port } = await server.listen(0, '127.0.0.1');
    onTestFinished(() => server.close({ timeoutMs: 100 }));
    const running = await run(program('my-program'), port);
    await expect.poll(running.output).toContain('refused with 403\n');
  });
});
