/** The package that stands in for ws: what `require` and `import` give, and the types of a program for `@types/ws`. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'barewire-ws-'));
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
  cpSync(join(root, 'packages', 'ws'), join(folder, 'node_modules', 'ws'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules', 'barewire'));
  for (const name of ['@types/node', 'undici-types'])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(name: string, source: string): string {
  writeFileSync(join(folder, name), source);
  return execFileSync(process.execPath, ['--no-warnings', name], {
    cwd: folder,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

/** What the compiler says of a program. */
function complaints(name: string, source: string, options: object): string {
  writeFileSync(join(folder, name), source);
  const compilerOptions = {
    target: 'es2022',
    strict: true,
    noEmit: true,
    types: ['node'],
    lib: ['es2023'],
    ...options,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [name] }));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  try {
    return execFileSync(process.execPath, [compiler, '-p', folder], { cwd: folder, encoding: 'utf8' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

const EXPORTS = [
  'PerMessageDeflate',
  'Receiver',
  'Sender',
  'WebSocket',
  'WebSocketServer',
  'createWebSocketStream',
  'extension',
  'subprotocol',
];

describe('the package', () => {
  test('depends on nothing but barewire, of its own version', () => {
    const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
    const { version, dependencies } = read('packages/ws/package.json');
    expect(version).toBe(read('package.json').version);
    expect(dependencies).toEqual({ barewire: version });
  });

  test('can be required', () => {
    const source = `const WebSocket = require('ws');
      const { Server, ...others } = WebSocket;
      console.log(JSON.stringify([Object.keys(others).filter((name) => !/^[A-Z]+$/.test(name)).sort(),
        typeof WebSocket, Server === WebSocket.WebSocketServer, WebSocket.WebSocket === WebSocket]));`;
    expect(JSON.parse(run('required.cjs', source))).toEqual([EXPORTS, 'function', true, true]);
  });

  test('can be imported', () => {
    const source = `import WebSocket, * as all from 'ws';
      console.log(JSON.stringify([Object.keys(all).sort(), WebSocket === all.WebSocket]));`;
    expect(JSON.parse(run('imported.mjs', source))).toEqual([[...EXPORTS, 'default'].sort(), true]);
  });

  test('publint and attw find nothing', () => {
    const pack = ['pack', '--silent', '--pack-destination', folder];
    const name = execFileSync('npm', pack, { cwd: join(root, 'packages', 'ws'), encoding: 'utf8' }).trim();
    for (const [tool, ...parameters] of [['publint', 'run', '--strict'], ['attw']] as const)
      execFileSync(join(root, 'node_modules', '.bin', tool!), [...parameters, join(folder, name)], {
        stdio: 'pipe',
      });
  });

  test('is nothing for browsers', () => {
    const source = "require('./node_modules/ws/browser.js')();";
    expect(() => run('browser.cjs', source)).toThrow('ws does not work in the browser');
  });
});

describe('types', () => {
  const esm = `
    import WebSocket, { createWebSocketStream, WebSocket as Named, WebSocketServer, type RawData, type ServerOptions } from 'ws';
    class Mine extends WebSocket { mine = 1; }
    const server = new WebSocketServer<typeof Mine>({ noServer: true, WebSocket: Mine });
    server.on('connection', (socket, request) => { const n: number = socket.mine; const u: string | undefined = request.url; });
    for (const client of server.clients) if (client.readyState === WebSocket.OPEN) client.send('x', { binary: false });
    const socket: WebSocket = new Named('ws://a', 'p', { perMessageDeflate: { threshold: 1 }, headers: { a: 'b' } });
    socket.on('message', (data: RawData, isBinary) => { const b: boolean = isBinary; data.toString(); });
    socket.on('close', (code, reason) => { const r: string = reason.toString('utf8') + code.toFixed(); });
    socket.onmessage = ({ data, target }) => { target.send(data); };
    socket.addEventListener('close', ({ code, reason, wasClean }) => {}, { once: true });
    createWebSocketStream(socket, { encoding: 'utf8' }).pipe(process.stdout);
    const options: ServerOptions = { port: 1, verifyClient: ({ origin, secure, req }, done) => done(true) };
    const other: WebSocketServer = new WebSocketServer(options);
    // @ts-expect-error a typo
    socket.sned('x');
    // @ts-expect-error no such option
    new WebSocketServer({ prot: 1 });
  `;
  const cjs = `
    import WebSocket = require('ws');
    const server: WebSocket.Server = new WebSocket.Server({ port: 0 });
    server.on('connection', (socket, request) => {
      socket.on('message', (data: WebSocket.Data, isBinary) => socket.send(data, { binary: isBinary }));
      socket.on('unexpected-response', (sent, response) => response.statusCode);
    });
    const socket: WebSocket = new WebSocket('ws://a', { origin: 'b' });
    const callback: WebSocket.VerifyClientCallbackSync = ({ req }) => req.url === '/';
  `;
  test('of barewire/ws itself are whole', () => {
    const source = esm
      .replace(" from 'ws'", " from 'barewire/ws'")
      .replace('<typeof Mine>', '')
      .replace('socket.mine', '1');
    expect(
      complaints('direct.mts', source.replace('type ServerOptions', 'type ServerOptions '), {
        module: 'nodenext',
      }),
    ).toBe('');
  });

  test.each<[what: string, name: string, source: string, options: object]>([
    ['an ES module', 'esm.mts', esm, { module: 'nodenext' }],
    ['CommonJS', 'cjs.cts', cjs, { module: 'nodenext' }],
    ['a bundler', 'bundled.ts', esm, { module: 'esnext', moduleResolution: 'bundler' }],
  ])('are accepted in %s', (_what, name, source, options) => {
    expect(complaints(name, source, options)).toBe('');
  });
});
