import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { routerOf, UpgradeRouter } from '../../src/server/upgrade-router.ts';
import { Transport, upgrade } from './transport.ts';

/** An endpoint that notes what it gets. */
function endpoint(path?: string) {
  const got: [IncomingMessage, Duplex, Uint8Array][] = [];
  return { path, got, onUpgrade: (...args: [IncomingMessage, Duplex, Uint8Array]) => void got.push(args) };
}

function made(hasRoutes = true) {
  const server = createServer();
  return { server, router: new UpgradeRouter(server, hasRoutes) };
}

function emit(server: Server, headers: Record<string, string | undefined> = {}, url?: string) {
  const made = upgrade(headers, url);
  server.emit('upgrade', made.request, made.transport, new Uint8Array([1]));
  return made;
}

/** Listens, so that a request with another protocol is one for the routes. */
function route(server: Server) {
  const requests: string[] = [];
  server.on('request', (request) => requests.push(String(request.url)));
  return requests;
}

describe('the listener for upgrades', () => {
  test('is there while there are endpoints, and there is one for all', () => {
    const { server, router } = made();
    const [a, b] = [endpoint('/a'), endpoint('/b')];
    expect(server.listenerCount('upgrade')).toBe(0);
    router.add(a);
    router.add(a);
    router.add(b);
    expect(server.listenerCount('upgrade')).toBe(1);
    router.remove(a);
    expect(server.listenerCount('upgrade')).toBe(1);
    router.remove(b);
    expect(server.listenerCount('upgrade')).toBe(0);
    router.remove(b);
    router.add(a);
    expect(server.listenerCount('upgrade')).toBe(1);
  });
});

describe('an upgrade', () => {
  test('goes to the endpoint of its path, with all that came', () => {
    const { server, router } = made();
    const [a, b] = [endpoint('/a'), endpoint('/b')];
    router.add(a);
    router.add(b);
    const { request, transport } = emit(server, {}, '/b?c');
    expect(a.got).toEqual([]);
    expect(b.got).toEqual([[request, transport, new Uint8Array([1])]]);
    expect(b.got[0]![1]).toBe(transport);
  });

  test('goes to the endpoint for all paths where no other has its path, in any order', () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const { server, router } = made();
      const endpoints = [endpoint(), endpoint('/a')];
      for (const index of order) router.add(endpoints[index]!);
      emit(server, {}, '/a');
      emit(server, {}, '/b');
      expect(endpoints.map(({ got }) => got.map(([{ url }]) => url))).toEqual([['/b'], ['/a']]);
    }
  });

  test('goes to the first of two endpoints with the same path', () => {
    const { server, router } = made();
    const [first, second] = [endpoint('/a'), endpoint('/a')];
    router.add(first);
    router.add(second);
    emit(server, {}, '/a');
    expect([first.got.length, second.got.length]).toEqual([1, 0]);
  });

  test('that nobody serves goes to the first, which answers so', () => {
    const { server, router } = made();
    const [first, second] = [endpoint('/a'), endpoint('/b')];
    router.add(first);
    router.add(second);
    emit(server, {}, '/c');
    expect([first.got.length, second.got.length]).toEqual([1, 0]);
  });

  test('that nobody here serves is left to another listener, and its error does no harm', () => {
    const { server, router } = made();
    router.add(endpoint('/a'));
    server.on('upgrade', () => {});
    const { transport } = emit(server, {}, '/b');
    expect(transport).toMatchObject({ status: undefined, writableEnded: false });
    transport.emit('error', new Error('reset'));
  });

  test('whose header lines may not be all gets 431, unless it is for another listener', () => {
    const { server, router } = made();
    const all = endpoint('/a');
    router.add(all);
    server.maxHeadersCount = 0; // no limit
    emit(server, {}, '/a');
    expect(all.got).toHaveLength(1);
    server.maxHeadersCount = 3;
    const rawHeaders = ['A', '', 'B', '', 'C', ''];
    const send = (url: string) => {
      const one = upgrade({}, url);
      server.emit('upgrade', Object.assign(one.request, { rawHeaders }), one.transport, new Uint8Array(0));
      return one.transport;
    };
    expect(send('/a').status).toBe(431);
    expect(all.got).toHaveLength(1);
    server.on('upgrade', () => {});
    expect(send('/b').status).toBeUndefined();
    expect(send('/a').status).toBe(431);
  });

  test('to an endpoint that an endpoint removes meanwhile is safe', () => {
    const { server, router } = made();
    const a = endpoint('/a');
    router.add({ path: '/a', onUpgrade: () => router.remove(a) });
    router.add(a);
    emit(server, {}, '/a');
    expect(server.listenerCount('upgrade')).toBe(1);
  });
});

describe('an upgrade to another protocol', () => {
  const h2c = { upgrade: 'h2c' };

  test('is given back to the routes', async () => {
    const { server, router } = made();
    const some = endpoint();
    router.add(some);
    route(server);
    const connections: unknown[] = [];
    server.removeAllListeners('connection');
    server.on('connection', (transport) => connections.push(transport));
    const { transport } = emit(server, h2c);
    expect(connections).toEqual([transport]);
    expect(some.got).toEqual([]);
  });

  test.each<[string, (made: { server: Server; router: UpgradeRouter }) => void, boolean, object]>([
    ['there are no routes', () => {}, true, h2c],
    ['the HTTP server has no purpose of its own', ({ server }) => void route(server), false, h2c],
    ['another listener takes upgrades', ({ server }) => server.on('upgrade', () => {}), true, h2c],
    ['WebSocket is in the list', ({ server }) => void route(server), true, { upgrade: 'h2c, WebSocket' }],
  ])('goes to the endpoint where %s', (_name, prepare, hasRoutes, headers) => {
    const one = made(hasRoutes);
    const some = endpoint();
    one.router.add(some);
    prepare(one);
    emit(one.server, headers as Record<string, string>);
    expect(some.got).toHaveLength(1);
  });

  test('on a transport that is not that of the request goes to the endpoint', () => {
    const { server, router } = made();
    const some = endpoint();
    router.add(some);
    route(server);
    const { request } = upgrade(h2c);
    server.emit('upgrade', request, new Transport(), new Uint8Array(0));
    expect(some.got).toHaveLength(1);
  });

  test('where Node asks first, is a request for the routes only while there is an endpoint', () => {
    const server = Object.assign(createServer(), {
      shouldUpgradeCallback: (_request: IncomingMessage) => true,
    });
    const router = new UpgradeRouter(server, true);
    const some = endpoint();
    route(server);
    const ask = () => server.shouldUpgradeCallback(upgrade(h2c).request);
    expect(ask()).toBe(true);
    router.add(some);
    expect(ask()).toBe(false);
    expect(server.shouldUpgradeCallback(upgrade().request)).toBe(true);
    router.remove(some);
    expect(ask()).toBe(true);
  });
});

describe('routerOf', () => {
  test('is one for each HTTP server', () => {
    const [one, two] = [createServer(), createServer()];
    expect(routerOf(one)).toBe(routerOf(one));
    expect(routerOf(one)).not.toBe(routerOf(two));
  });

  test('has routes, unless it was first asked for without', () => {
    for (const hasRoutes of [true, false]) {
      const server = createServer();
      const some = endpoint();
      routerOf(server, hasRoutes);
      routerOf(server, !hasRoutes).add(some);
      server.removeAllListeners('connection');
      const connected = vi.fn();
      server.on('connection', connected);
      route(server);
      emit(server, { upgrade: 'h2c' });
      expect([connected.mock.calls.length, some.got.length]).toEqual(hasRoutes ? [1, 0] : [0, 1]);
    }
  });
});
