/** The files of one folder over HTTP. Requests are raw bytes: proper clients would tidy up their paths first. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { staticFiles } from '../../../src/chat/door/static-files.ts';
import { findProgram, leftOutWithout } from '../../support/tools.ts';

const SECRET = 'the secret of another folder';

/** A folder to serve, `site`, with a secret beside it, and beside that a folder whose name begins alike. */
async function site(): Promise<{ root: string; path(...names: string[]): string }> {
  const parent = await mkdtemp(join(tmpdir(), 'barewire-static-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  const root = join(parent, 'site');
  for (const folder of ['site/folder', 'site/.git', 'site-of-others', 'outside']) {
    await mkdir(join(parent, folder), { recursive: true });
  }
  for (const secret of [
    'secret.txt',
    'outside/secret.txt',
    'outside/index.html',
    'site-of-others/secret.txt',
  ]) {
    await writeFile(join(parent, secret), SECRET);
  }
  for (const hidden of ['.env', '.git/config', 'folder/.env']) await writeFile(join(root, hidden), SECRET);
  await writeFile(join(root, 'index.html'), '<title>the page</title>');
  await writeFile(join(root, 'folder/index.html'), '<title>the folder</title>');
  await writeFile(join(root, 'app.js'), 'export {};');
  await writeFile(join(root, 'empty.txt'), '');
  await writeFile(join(root, 'with space é.txt'), 'a name that needs escapes');
  return { root, path: (...names) => join(parent, ...names) };
}

async function serve(
  root: string,
  headers: Record<string, string> = {},
  stalledAfterMs?: number,
): Promise<number> {
  const server = createServer(staticFiles(root, headers, stalledAfterMs));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** The value of a header, undefined if there is none. */
function header({ head }: Answer, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1];
}

/** Sends a request line as it is, bytes as Latin-1, and reads until the server ends the connection. */
async function ask(port: number, line: string): Promise<Answer> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${line}\r\nHost: localhost\r\nConnection: close\r\n\r\n`, 'latin1');
  return parse(await everything(socket));
}

function get(port: number, target: string): Promise<Answer> {
  return ask(port, `GET ${target} HTTP/1.1`);
}

async function everything(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  await once(socket, 'close');
  return text;
}

function parse(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const head = text.slice(0, end).replaceAll('\r\n', '\n');
  return { status: Number(head.split(' ')[1]), head, body: text.slice(end + 4) };
}

test('files are served as they are, with their length and nothing kept without asking', async () => {
  const { root } = await site();
  const answer = await get(await serve(root), '/app.js');
  expect(answer).toMatchObject({ status: 200, body: 'export {};' });
  expect(header(answer, 'Content-Length')).toBe('10');
  expect(header(answer, 'Cache-Control')).toBe('no-cache');
  expect(header(answer, 'X-Content-Type-Options')).toBe('nosniff');
});

test.each([
  ['/', 'the page'],
  ['/index.html', 'the page'],
  ['/?query=/../x', 'the page'],
  ['/index.html?a?b#c', 'the page'],
  ['/folder/', 'the folder'],
  ['/%66older/', 'the folder'],
  ['http://localhost/folder/', 'the folder'],
  ['HTTPS://localhost:80/folder/?a', 'the folder'],
  ['http://localhost', 'the page'],
  ['http://localhost?a/b', 'the page'],
  ['/with%20space%20%C3%A9.txt', 'a name that needs escapes'],
])('%s is found', async (target, text) => {
  const { root } = await site();
  const { status, body } = await get(await serve(root), target);
  expect({ status, body }).toEqual({ status: 200, body: expect.stringContaining(text) });
});

test('a name is decoded once', async () => {
  const { root } = await site();
  await writeFile(join(root, '%41.txt'), 'a percent sign');
  const port = await serve(root);
  expect(await get(port, '/%2541.txt')).toMatchObject({ status: 200, body: 'a percent sign' });
  expect((await get(port, '/%41.txt')).status).toBe(404); // A.txt
});

describe('what leads out of the folder, or is none of its files, is not found', () => {
  test.each([
    '/../secret.txt',
    '/../outside/secret.txt',
    '/../site-of-others/secret.txt',
    '/../site/index.html',
    '/folder/../../secret.txt',
    '/folder/../app.js',
    '/./app.js',
    '/%2e%2e/secret.txt',
    '/%2E%2E/secret.txt',
    '/.%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/folder%2f..%2f..%2fsecret.txt',
    '/%252e%252e/secret.txt',
    '/..%252fsecret.txt',
    '/..\\secret.txt',
    '/..%5csecret.txt',
    '/%5c..%5csecret.txt',
    '/folder\\..\\..\\secret.txt',
    '//secret.txt',
    '//../secret.txt',
    '///etc/passwd',
    '/%2fetc%2fpasswd',
    '/etc/passwd',
    '/C:/secret.txt',
    '/C:secret.txt',
    '/app.js::$DATA',
    '/\\\\localhost\\share',
    '/%00',
    '/app.js%00',
    '/../secret.txt%00.html',
    '/app.js%00.html',
    '/.env',
    '/%2eenv',
    '/.git/config',
    '/folder/.env',
    '/folder',
    '/.',
    '/..',
    '/...',
    '/app.js/',
    '/app.js/index.html',
    '/no-such-file',
    `/${'a'.repeat(5_000)}`,
    `/${'a/'.repeat(3_000)}`,
    '/%',
    '/%2',
    '/%zz',
    '/%c0%ae%c0%ae/secret.txt',
    '/%c0%af..%c0%afsecret.txt',
    '/%e0%80%ae%e0%80%ae/secret.txt',
    '/%ff',
    '/%ed%a0%80',
    '/\xe9',
    'http://localhost/../secret.txt',
    'http://localhost/..%2fsecret.txt',
    'http://localhost/http://localhost/',
    'http://localhost//',
    'file:///etc/passwd',
    '..',
    '../secret.txt',
    '*',
    '?/../secret.txt',
  ])('%j', async (target) => {
    const { root } = await site();
    const { status, body } = await get(await serve(root), target);
    expect([400, 404]).toContain(status);
    expect(body).not.toContain(SECRET);
    expect(body).not.toContain('root:');
  });

  test.each(['/a\0b', '/\x01', '/a b/../../secret.txt', ''])(
    '%j, which is no request at all',
    async (target) => {
      const { root } = await site();
      const { status, body } = await get(await serve(root), target);
      expect(status).toBe(400);
      expect(body).not.toContain(SECRET);
    },
  );

  test('a link to a file, to a folder, to a folder whose name begins alike, to itself, to nothing', async () => {
    const { root, path } = await site();
    await symlink('../secret.txt', join(root, 'file.txt'));
    await symlink(path('secret.txt'), join(root, 'absolute.txt'));
    await symlink('../outside', join(root, 'away'));
    await symlink('../site-of-others', join(root, 'others'));
    await symlink('loop', join(root, 'loop'));
    await symlink('nothing', join(root, 'dangling'));
    await symlink('/dev/zero', join(root, 'endless'));
    const port = await serve(root);
    const targets = [
      '/file.txt',
      '/absolute.txt',
      '/away/secret.txt',
      '/away/',
      '/others/secret.txt',
      '/loop',
    ];
    for (const target of [...targets, '/dangling', '/endless']) {
      const { status, body } = await get(port, target);
      expect(status, target).toBe(404);
      expect(body, target).toContain('There is nothing here.');
      expect(body, target).not.toContain(SECRET);
    }
  });

  test.skipIf(leftOutWithout(findProgram('mkfifo')))('a FIFO, which is not waited for', async () => {
    const { root } = await site();
    execFileSync('mkfifo', [join(root, 'fifo.txt')]);
    expect((await get(await serve(root), '/fifo.txt')).status).toBe(404);
  });

  test('a file whose folder was taken away', async () => {
    const { root } = await site();
    const port = await serve(root);
    await rm(root, { recursive: true });
    expect((await get(port, '/')).status).toBe(404);
  });
});

test('a link that stays within the folder is followed', async () => {
  const { root } = await site();
  await symlink('folder', join(root, 'alias'));
  await symlink('../app.js', join(root, 'folder/app.js'));
  const port = await serve(root);
  expect((await get(port, '/alias/')).body).toContain('the folder');
  expect((await get(port, '/alias/app.js')).body).toBe('export {};');
});

test('a folder that is itself reached by a link is served', async () => {
  const { root, path } = await site();
  await symlink(root, path('linked'));
  const port = await serve(path('linked'));
  expect((await get(port, '/')).body).toContain('the page');
  expect((await get(port, '/../secret.txt')).status).toBe(404);
});

test('HEAD says what GET would and sends no body', async () => {
  const { root } = await site();
  const port = await serve(root, { 'Referrer-Policy': 'no-referrer' });
  for (const target of ['/', '/empty.txt', '/nothing']) {
    const [got, head] = [await get(port, target), await ask(port, `HEAD ${target} HTTP/1.1`)];
    expect(head.body).toBe('');
    expect(head.status).toBe(got.status);
    for (const name of ['Content-Type', 'Content-Length', 'X-Content-Type-Options', 'Referrer-Policy']) {
      expect(header(head, name), `${name} of ${target}`).toBe(header(got, name));
    }
  }
});

test('an empty file is served', async () => {
  const { root } = await site();
  const answer = await get(await serve(root), '/empty.txt');
  expect(answer).toMatchObject({ status: 200, body: '' });
  expect(header(answer, 'Content-Length')).toBe('0');
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])(
  '%s gets 405 and what is allowed',
  async (method) => {
    const { root } = await site();
    const answer = await ask(await serve(root), `${method} / HTTP/1.1`);
    expect(answer.status).toBe(405);
    expect(header(answer, 'Allow')).toBe('GET, HEAD');
    expect(answer.body).not.toContain('the page');
  },
);

test('a file has the media type of its ending, whatever its case, and no other', async () => {
  const { root } = await site();
  const types = {
    'a.html': 'text/html; charset=utf-8',
    'a.HTML': 'text/html; charset=utf-8',
    'a.css': 'text/css; charset=utf-8',
    'a.js': 'text/javascript; charset=utf-8',
    'a.mjs': 'text/javascript; charset=utf-8',
    'a.json': 'application/json',
    'a.svg': 'image/svg+xml',
    'a.png': 'image/png',
    'a.jpg': 'image/jpeg',
    'a.ico': 'image/x-icon',
    'a.txt': 'text/plain; charset=utf-8',
    'a.woff2': 'font/woff2',
    'a.html.bin': 'application/octet-stream',
    'a.constructor': 'application/octet-stream',
    html: 'application/octet-stream',
  };
  const port = await serve(root);
  for (const [name, type] of Object.entries(types)) {
    await writeFile(join(root, name), 'x');
    expect(header(await get(port, `/${name}`), 'Content-Type'), name).toBe(type);
  }
});

test('headers are sent with every file, and only with files', async () => {
  const { root } = await site();
  const port = await serve(root, { 'X-Extra': 'yes' });
  expect(header(await get(port, '/'), 'X-Extra')).toBe('yes');
  expect(header(await get(port, '/app.js'), 'X-Extra')).toBe('yes');
  expect(header(await get(port, '/nothing'), 'X-Extra')).toBeUndefined();
});

describe('a client that reads nothing', () => {
  const BIG = 32 * 1024 * 1024; // more than the buffers of a connection take

  async function begin(stalledAfterMs?: number) {
    const { root } = await site();
    await writeFile(join(root, 'big.bin'), Buffer.alloc(BIG));
    const listener = staticFiles(root, {}, stalledAfterMs);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const answered = new Promise<boolean>((resolve) => {
      server.on('request', (request, response) => {
        response.once('close', () => resolve(response.writableFinished));
        listener(request, response);
      });
    });
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
    socket.write('GET /big.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    return { socket, answered };
  }

  test('of its answer loses its connection after a time', async () => {
    const { socket, answered } = await begin(100);
    expect(await answered).toBe(false);
    const received = everything(socket);
    socket.resume();
    expect((await received).length).toBeLessThan(BIG);
  });

  test('for a while has all of it in the end', async () => {
    const { socket, answered } = await begin();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const received = everything(socket);
    socket.resume();
    expect(parse(await received).body.length).toBe(BIG);
    expect(await answered).toBe(true);
  });
});

describe('a file that changes while it is served', () => {
  const BIG = 32 * 1024 * 1024; // more than the buffers of a connection take

  /** Asks for a big file and reads no further than the head. */
  async function begin(port: number): Promise<{ socket: Socket; head: string }> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'readable');
    const head = String(socket.read(100));
    expect(head).toMatch(/^HTTP\/1\.1 200 OK/);
    return { socket, head };
  }

  test('comes whole although it was deleted meanwhile', async () => {
    const { root } = await site();
    await writeFile(join(root, 'big.bin'), Buffer.alloc(BIG, 'x'));
    const { socket, head } = await begin(await serve(root));
    await rm(join(root, 'big.bin'));
    socket.write('GET /big.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const { body } = parse(head + (await everything(socket)));
    expect(body.slice(BIG)).toMatch(/^HTTP\/1\.1 404 /);
  });

  test('ends the connection when it got shorter: the rest must not be taken from the next answer', async () => {
    const { root } = await site();
    await writeFile(join(root, 'big.bin'), Buffer.alloc(BIG, 'x'));
    const { socket, head } = await begin(await serve(root));
    await truncate(join(root, 'big.bin'), BIG / 2);
    socket.write('GET /app.js HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const text = head + (await everything(socket));
    expect(text.length).toBeLessThan(BIG);
    expect(text).not.toContain('export {};');
  });

  test('is cut at the length that was announced when it got longer', async () => {
    const { root } = await site();
    await writeFile(join(root, 'big.bin'), Buffer.alloc(BIG, 'x'));
    const { socket, head } = await begin(await serve(root));
    const file = await open(join(root, 'big.bin'), 'a');
    await file.write('and more');
    await file.close();
    socket.write('GET /app.js HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const { body } = parse(head + (await everything(socket)));
    expect(body.slice(BIG)).toMatch(/^HTTP\/1\.1 200 OK.*export \{\};$/s);
  });

  test('comes and goes: each answer is all that was there, or says that there is nothing', async () => {
    const { root } = await site();
    const port = await serve(root);
    const path = join(root, 'flicker.txt');
    let isDone = false;
    const flicker = (async () => {
      while (!isDone) {
        await writeFile(path, 'here');
        await rm(path);
      }
    })();
    const answers: Answer[] = [];
    for (let round = 0; round < 100; round++) answers.push(await get(port, '/flicker.txt'));
    isDone = true;
    await flicker;
    for (const answer of answers) {
      if (answer.status === 404) continue;
      expect(answer.status).toBe(200);
      expect(answer.body).toMatch(/^(here)?$/); // it is empty for a moment
      expect(header(answer, 'Content-Length')).toBe(String(answer.body.length));
    }
  });
});

test.skipIf(process.platform !== 'linux')('however a request ends, it costs no file descriptor', async () => {
  const { root } = await site();
  await writeFile(join(root, 'big.bin'), Buffer.alloc(8 * 1024 * 1024));
  const port = await serve(root);
  const openFiles = async () => (await readdir('/proc/self/fd')).length;
  const before = await openFiles();
  for (let round = 0; round < 15; round++) {
    await get(port, '/app.js');
    await get(port, '/empty.txt');
    await get(port, '/folder');
    await ask(port, 'HEAD / HTTP/1.1');
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'readable');
    socket.resetAndDestroy();
    await once(socket, 'close');
  }
  await expect.poll(openFiles, { timeout: 5_000 }).toBeLessThan(before + 10);
});
