/** The inner side of a WebSocket is for barewire alone: not in the package, not in its types, not to be forged. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as barewire from 'barewire';
import * as protocol from 'barewire/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InnerSocket } from '../../src/socket/inner-socket.ts';
import { INTERNAL } from '../../src/socket/internal.ts';
import { WebSocket } from '../../src/socket/websocket.ts';
import { unconnected } from './inner.ts';

test('is a symbol of its own, which cannot be looked up', () => {
  expect(typeof INTERNAL).toBe('symbol');
  expect(Symbol.keyFor(INTERNAL)).toBeUndefined();
});

describe('the package', () => {
  test('exports neither the key nor the inner socket, nor what makes accepted sockets', () => {
    const names = [...Object.keys(barewire), ...Object.keys(protocol)];
    for (const name of ['INTERNAL', 'InnerSocket', 'socketOf']) expect(names).not.toContain(name);
    for (const value of [...Object.values(barewire), ...Object.values(protocol)]) {
      expect(value).not.toBe(INTERNAL);
      expect(value).not.toBe(InnerSocket);
    }
  });
});

describe('the getter of a WebSocket', () => {
  test('is on the prototype, not enumerable, and read-only', () => {
    const { inner, socket } = unconnected();
    expect(socket[INTERNAL]).toBe(inner);
    expect(Object.hasOwn(socket, INTERNAL)).toBe(false);
    const descriptor = Object.getOwnPropertyDescriptor(WebSocket.prototype, INTERNAL);
    expect(descriptor).toMatchObject({ enumerable: false, set: undefined, get: expect.any(Function) });
    expect(Reflect.set(socket, INTERNAL, {})).toBe(false);
  });

  test('does not show in copies, keys or loops', () => {
    const { inner, socket } = unconnected();
    const values = [...Object.values(socket), ...Object.values({ ...socket })];
    for (const key in socket) values.push(Reflect.get(socket, key));
    expect(values).not.toContain(inner);
    expect(Reflect.ownKeys(socket)).toEqual(['data']);
  });

  test('throws for an object that only inherits it', () => {
    const { socket } = unconnected();
    for (const object of [Object.create(WebSocket.prototype), Object.create(socket)]) {
      expect(() => object[INTERNAL]).toThrow(TypeError);
      expect(() => object.send('x')).toThrow(TypeError);
    }
  });
});

describe('new WebSocket', () => {
  const { inner } = unconnected();
  test.each<[string, unknown]>([
    ['an inner socket', inner],
    ['an object with the name of the key', { [Symbol('barewire.internal')]: inner, INTERNAL: inner }],
    ['the name of the key', 'Symbol(barewire.internal)'],
    ['an object that becomes the name of the key', { toString: () => String(INTERNAL) }],
  ])('%s is taken for a URL, and is none', (_name, target) => {
    const make = () => new WebSocket(target as string, inner as never, { secret: true } as never);
    expect(make).toThrow(expect.objectContaining({ name: 'SyntaxError' }));
  });

  test.each([Symbol('barewire.internal'), Symbol.for('barewire.internal')])(
    '%o, a symbol of the same name, is no URL',
    (target) => {
      expect(() => new WebSocket(target as never, inner as never, {} as never)).toThrow(TypeError);
    },
  );

  test('an inner socket as subprotocols is not taken for an accepted one', () => {
    expect(() => new WebSocket('ws://localhost/', inner as never)).toThrow(
      expect.objectContaining({ name: 'SyntaxError' }),
    );
  });
});

describe('the types of the package', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  let out = '';
  const types = (name: string) => readFileSync(join(out, name), 'utf8').replace(/\/\*[\s\S]*?\*\//g, ''); // without comments

  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'barewire-types-'));
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', out];
    execFileSync(process.execPath, [compiler, ...options], { cwd: root });
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  test('name the key in its own file only', () => {
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.d.ts'),
    );
    expect(files.filter((name) => types(name).includes('INTERNAL'))).toEqual([
      join('socket', 'internal.d.ts'),
    ]);
  });

  test('name the inner socket neither in the heritage of WebSocket nor in its members', () => {
    const [, heritage = '', body = ''] =
      /export declare class WebSocket<Data = unknown>([^{]*)\{([\s\S]*?)^\}/m.exec(
        types('socket/websocket.d.ts'),
      )!;
    expect(heritage).toContain('extends SocketEventTarget implements');
    expect(body).toContain('send(data: Sendable, options?: SendOptions): boolean;');
    expect(body).not.toContain('InnerSocket');
  });

  test('the target in front of the inner socket has no member of its type', () => {
    const [, body = ''] = /class SocketEventTarget[^{]*\{([\s\S]*?)^\}/m.exec(
      types('socket/socket-event-target.d.ts'),
    )!;
    expect(body).toContain('addEventListener');
    expect(body).not.toContain('ListenerOwner');
  });

  test('the index names neither', () => {
    expect(types('index.d.ts')).not.toMatch(/InnerSocket|INTERNAL|socketOf/);
  });
});
