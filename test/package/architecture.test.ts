import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { forbiddenImports, importCycle, importsOf } from '../support/import-rules.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

function readSources(): Map<string, string> {
  const names = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' });
  const paths = names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name.replaceAll('\\', '/')}`);
  return new Map(paths.map((path) => [path, readFileSync(root + path, 'utf8')]));
}

describe('the import rule', () => {
  test('knows every file: what lies in src is a room, or index.ts', () => {
    const names = readdirSync(`${root}src`).sort();
    expect(names).toEqual([
      'chat',
      'cli',
      'client',
      'index.ts',
      'protocol',
      'publish',
      'server',
      'socket',
      'transport',
      'ws',
    ]);
  });

  test('holds for every file', () => {
    const sources = readSources();
    expect(sources.size).toBeGreaterThan(30);
    expect(forbiddenImports(sources)).toEqual([]);
  });

  test('there are no circular imports', () => {
    expect(importCycle(readSources())).toBeUndefined();
  });

  test.each([
    ['src/protocol/frame.ts', "import { Socket } from 'node:net';", 'node:net'],
    ['src/protocol/utf8.ts', "import { isUtf8 } from 'node:buffer';", 'node:buffer'],
    ['src/protocol/close.ts', "import { Connection } from './connection.ts';", 'src/protocol/connection.ts'],
    [
      'src/protocol/connection.ts',
      "import { acceptKey } from './handshake/accept-key.ts';",
      'src/protocol/handshake/accept-key.ts',
    ],
    ['src/protocol/connection.ts', "export * from '../transport/wire.ts';", 'src/transport/wire.ts'],
    ['src/protocol/message.ts', "import type { Duplex } from 'node:stream';", 'node:stream'],
    ['src/protocol/mask.ts', "const { randomBytes } = await import('node:crypto');", 'node:crypto'],
    ['src/publish/topics.ts', "import type { Wire } from '../transport/wire.ts';", 'src/transport/wire.ts'],
    [
      'src/transport/wire.ts',
      "import { redirected } from '../client/redirect.ts';",
      'src/client/redirect.ts',
    ],
    [
      'src/client/options.ts',
      "import { callUser } from '../socket/call-user.ts';",
      'src/socket/call-user.ts',
    ],
    ['src/socket/hooks.ts', "import type { Handlers } from '../server/options.ts';", 'src/server/options.ts'],
    [
      'src/server/traffic.ts',
      "import { startChat } from '../chat/chat-server.ts';",
      'src/chat/chat-server.ts',
    ],
    ['src/server/traffic.ts', "export { WebSocket } from '../index.ts';", 'src/index.ts'],
    ['src/chat/door/hosts.ts', "import { Wire } from '../../transport/wire.ts';", 'src/transport/wire.ts'],
    ['src/chat/rooms/room.ts', "import { rest } from '../door/rest.ts';", 'src/chat/door/rest.ts'],
    ['src/ws/link.ts', "import { Wire } from '../transport/wire.ts';", 'src/transport/wire.ts'],
    ['src/cli/main.ts', "import 'ws';", 'ws'],
  ])('an import planted in %s is found: %s', (path, line, imported) => {
    const sources = readSources();
    sources.set(path, `${line}\n${sources.get(path)}`);
    expect(forbiddenImports(sources)).toEqual([`${path} → ${imported}`]);
  });

  test('a planted circle is found', () => {
    const sources = readSources();
    sources.set('src/protocol/errors.ts', `import './close.ts';\n${sources.get('src/protocol/errors.ts')}`);
    expect(importCycle(sources)).toEqual(
      expect.arrayContaining(['src/protocol/errors.ts', 'src/protocol/close.ts']),
    );
  });

  test('imports over several lines, of types and for their effect are seen', () => {
    const source =
      "import {\n  a,\n} from './a.ts';\nimport type { B } from '../b.ts';\nimport 'c';\nexport { d } from './d.ts';\n";
    expect(importsOf('src/x/y.ts', source)).toEqual(['src/x/a.ts', 'src/b.ts', 'c', 'src/x/d.ts']);
  });
});
