/** What `npm publish` would publish: what a user needs, and nothing else. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

let folder = '';
let tarball = '';
let files: string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'barewire-pack-'));
  // dist is built already; a second build would pull it from under tests that run beside this one.
  const output = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root);
  const [pack] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
  tarball = join(folder, pack.filename);
  files = pack.files.map(({ path }) => path).sort();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, parameters: string[], cwd: string): string {
  return execFileSync(program, parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

test('holds the built library, the page, and the papers', () => {
  const others = files.filter((path) => !/^dist\/.*\.(js|d\.ts)$/.test(path) && !path.startsWith('public/'));
  expect(others).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'README.zh.md', 'package.json']);
  expect(files).toEqual(
    expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js', 'public/index.html']),
  );
});

test('has no runtime dependency and no install script', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object>;
  expect(manifest['dependencies']).toBeUndefined();
  expect(manifest['peerDependencies']).toBeUndefined();
  expect(Object.keys(manifest['scripts'] ?? {})).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/install|prepare$/)]),
  );
});

test('publint finds nothing', () => {
  expect(run(bin('publint'), ['run', tarball, '--strict'], root)).toContain('All good!');
});

test('attw finds nothing', () => {
  // It exits with 1, and `run` throws, when a resolution of the profile fails.
  expect(run(bin('attw'), [tarball, '--profile', 'esm-only'], root)).not.toContain('❌');
});

describe('installed in a project of its own', () => {
  beforeAll(() => {
    mkdirSync(join(folder, 'project'));
    const manifest = { name: 'project', private: true, type: 'module' };
    writeFileSync(join(folder, 'project', 'package.json'), JSON.stringify(manifest));
    run('npm', ['install', '--offline', '--no-save', tarball], join(folder, 'project'));
  });

  test('the command runs', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const command = join('node_modules', '.bin', 'barewire');
    expect(run(command, ['--version'], join(folder, 'project'))).toBe(`${version}\n`);
  });

  test('the types are right under the strictest settings', () => {
    const project = join(folder, 'project');
    mkdirSync(join(project, 'node_modules', '@types'), { recursive: true });
    symlinkSync(
      join(root, 'node_modules', '@types', 'node'),
      join(project, 'node_modules', '@types', 'node'),
    );
    symlinkSync(join(root, 'node_modules', 'undici-types'), join(project, 'node_modules', 'undici-types'));
    writeFileSync(join(project, 'use.ts'), USE);
    const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    const modules = ['--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023', '--types', 'node'];
    run(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...flags, ...modules, 'use.ts'],
      project,
    );
  });
});

/** Uses what is public, and expects errors where types must refuse. */
const USE = `
import { type CloseInfo, type Message, refuse, type ServerOptions, type WebSocket, WebSocketServer } from 'barewire';
import { type ConnectionOptions, VIOLATIONS, type ViolationId } from 'barewire/protocol';

interface User { readonly name: string }

const server = new WebSocketServer<User>(
  { authorize: async ({ url }) => (url === '/' ? { name: 'Ada' } : refuse(401, 'no')) },
  {
    open: (socket) => void socket.send(socket.data.name),
    message: (socket: WebSocket<User>, data: Message) => void socket.send(data),
    close: (_socket, info: CloseInfo) => void info.received?.code,
  },
);
server.sockets.forEach((socket) => socket.addEventListener('close', (event) => event.wasClean satisfies boolean));
new WebSocketServer({}, async (socket) => {
  for await (const message of socket) message satisfies string | Uint8Array;
});
const id: ViolationId = 'invalid-utf8';
VIOLATIONS[id].closeCode satisfies 1007;
export const options: ConnectionOptions = { role: 'client', maxMessageBytes: 1 };

new WebSocketServer() satisfies WebSocketServer<undefined>;
new WebSocketServer({}, (socket) => void (socket.data satisfies undefined));
new WebSocketServer({ path: '/' }, { message: (socket) => void (socket.data satisfies undefined) });
new WebSocketServer<User | undefined>({}, (socket) => void socket.data?.name);
new WebSocketServer({ authorize: () => ({ name: 'Ada' }) }, (socket) => void socket.data.name);
new WebSocketServer(
  {
    async authorize({ url }) {
      return url === '/' ? { name: 'Ada' } : refuse(401, 'no');
    },
  },
  { open: (socket) => void socket.data.name },
) satisfies WebSocketServer<User>;
const typed: ServerOptions<User> = { authorize: () => ({ name: 'Ada' }) };
new WebSocketServer(typed, (socket) => void socket.data.name);

// @ts-expect-error without authorize there is no data
new WebSocketServer<User>();
// @ts-expect-error without authorize there is no data
new WebSocketServer<User>({});
// @ts-expect-error without authorize there is no data
new WebSocketServer({}, { open: (socket: WebSocket<User>) => void socket.data.name });
// @ts-expect-error without authorize there is no data
const untyped: ServerOptions<User> = { path: '/' };
// @ts-expect-error there is no such option
new WebSocketServer({ port: 8080 });
// @ts-expect-error there is no such handler
new WebSocketServer({}, { mesage: () => {} });
// @ts-expect-error a message is a string or bytes
server.sockets.forEach((socket) => socket.send(5));
// @ts-expect-error there is no such policy
new WebSocketServer({ whenQueueIsFull: 'wait' });
// @ts-expect-error what authorize returns must be the data that was declared
new WebSocketServer<User>({ authorize: () => 5 });
`;
