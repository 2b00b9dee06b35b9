/** A socket without listeners is an EventTarget for all code that touches it first, in every way. */
import { type EventEmitter, getEventListeners, on, once, setMaxListeners } from 'node:events';
import { inspect } from 'node:util';
import { WebSocket, WebSocketServer } from 'barewire';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { LazyEventTarget } from '../../src/socket/lazy-event-target.ts';
import { eventually } from '../support/eventually.ts';
import { InProcessPeer } from '../support/in-process.ts';
import { startEcho } from '../support/servers.ts';

/** A socket that nobody has touched. */
async function untouched(): Promise<WebSocket<undefined>> {
  const server = new WebSocketServer({}, { message() {} });
  onTestFinished(() => server.close({ timeoutMs: 0 }));
  const { socket } = await InProcessPeer.join(server);
  return socket;
}

const stateKeys = Reflect.ownKeys(new EventTarget());

function ownStateKeys(target: object): unknown[] {
  const own = Reflect.ownKeys(target);
  return stateKeys.filter((key) => own.includes(key));
}

describe('the first that touches a socket', () => {
  test('is nobody: then it has no state', async () => {
    expect(ownStateKeys(await untouched())).toEqual([]);
  });

  test('may ask what it is', async () => {
    const socket = await untouched();
    expect(socket).toBeInstanceOf(EventTarget);
    expect(Object.getPrototypeOf(LazyEventTarget)).toBe(EventTarget);
    expect(ownStateKeys(socket)).toEqual([]);
  });

  test.each([Object.freeze, Object.seal, Object.preventExtensions])('may come after %o', async (close) => {
    const socket = await untouched();
    close(socket);
    const heard = vi.fn();
    socket.addEventListener('x', heard);
    expect(getEventListeners(socket, 'x')).toHaveLength(1);
    socket.dispatchEvent(new Event('x'));
    expect(heard).toHaveBeenCalledOnce();
    expect(getEventListeners(await untouched(), 'x')).toHaveLength(0);
  });

  test('may be addEventListener, and what a plain EventTarget has is there', async () => {
    const socket = await untouched();
    const heard: Event[] = [];
    socket.addEventListener('x', (event) => heard.push(event));
    const event = new Event('x');
    expect(socket.dispatchEvent(event)).toBe(true);
    expect(heard).toEqual([event]);
    expect(event.target).toBe(socket);
    expect(ownStateKeys(socket)).toEqual(stateKeys);
  });

  test('may be removeEventListener', async () => {
    const socket = await untouched();
    const listener = vi.fn();
    socket.removeEventListener('x', listener);
    socket.addEventListener('x', listener);
    socket.removeEventListener('x', listener);
    socket.dispatchEvent(new Event('x'));
    expect(listener).not.toHaveBeenCalled();
  });

  test('may be dispatchEvent', async () => {
    const socket = await untouched();
    expect(socket.dispatchEvent(new Event('x'))).toBe(true);
    const cancelled = new Event('x', { cancelable: true });
    socket.addEventListener('x', (event) => event.preventDefault());
    expect(socket.dispatchEvent(cancelled)).toBe(false);
  });

  test('may be an attribute', async () => {
    const socket = await untouched();
    const listener = vi.fn();
    socket.onclose = listener;
    socket.terminate();
    await eventually(() => expect(listener).toHaveBeenCalledOnce());
  });

  test('may be getEventListeners of node:events', async () => {
    const socket = await untouched();
    expect(getEventListeners(socket, 'message')).toEqual([]);
    socket.addEventListener('message', () => {});
    expect(getEventListeners(socket, 'message')).toHaveLength(1);
  });

  test('may be setMaxListeners of node:events', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const [one, two] = [await untouched(), await untouched()];
    setMaxListeners(1, one);
    for (const socket of [one, two]) for (const _ of 'ab') socket.addEventListener('x', () => {});
    await eventually(() => expect(warnings).toMatchObject([{ name: 'MaxListenersExceededWarning' }]));
  });

  test('may be once of node:events', async () => {
    const { port } = await startEcho();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    const [event] = await once(socket, 'open');
    expect(event.target).toBe(socket);
    socket.close();
  });

  test('may be on of node:events', async () => {
    const socket = await untouched();
    const events = on(socket as unknown as EventEmitter, 'x');
    const event = new Event('x');
    socket.dispatchEvent(event);
    expect((await events.next()).value).toEqual([event]);
  });

  test('may be a signal that aborts', async () => {
    const socket = await untouched();
    const controller = new AbortController();
    const listener = vi.fn();
    socket.addEventListener('x', listener, { signal: controller.signal });
    controller.abort();
    socket.dispatchEvent(new Event('x'));
    expect(listener).not.toHaveBeenCalled();
  });

  test('may be inspect of node:util', async () => {
    const socket = await untouched();
    expect(inspect(socket)).toBe(inspect(Object.setPrototypeOf(new EventTarget(), WebSocket.prototype)));
    inspect(socket, { customInspect: false, showHidden: true, getters: true });
    socket.addEventListener('x', () => {});
  });
});

test('sockets have nothing in common', async () => {
  const [one, two] = [await untouched(), await untouched()];
  const listener = vi.fn();
  one.addEventListener('x', listener);
  two.dispatchEvent(new Event('x'));
  expect(listener).not.toHaveBeenCalled();
  expect(getEventListeners(two, 'x')).toEqual([]);
});

test('a prototype is given no state, which all would have in common', () => {
  for (const target of [LazyEventTarget.prototype, WebSocket.prototype]) {
    for (const key of stateKeys) {
      const state = Reflect.get(target, key);
      Reflect.set(target, key, 'for all');
      expect(Reflect.get(target, key)).toEqual(state);
    }
  }
  expect(ownStateKeys(WebSocket.prototype)).toEqual([]);
  const target = new LazyEventTarget();
  for (const key of stateKeys) expect(Reflect.get(target, key)).not.toBe('for all');
});

describe('on another platform', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  /** What is made of a platform's EventTarget. */
  async function madeOf(platformEventTarget: object) {
    vi.resetModules();
    vi.stubGlobal('EventTarget', platformEventTarget);
    return (await import('../../src/socket/lazy-event-target.ts')).LazyEventTarget;
  }

  test('whose state is private, EventTarget is taken as it is', async () => {
    class Private {
      readonly #listeners = new Map<string, (event: Event) => void>();
      addEventListener(type: string, listener: (event: Event) => void) {
        this.#listeners.set(type, listener);
      }
      dispatchEvent(event: Event) {
        this.#listeners.get(event.type)?.(event);
      }
    }
    expect(await madeOf(Private)).toBe(Private);
  });

  test('which ignores what its constructor has not seen, too', async () => {
    const seen = new WeakSet();
    class Ignoring {
      constructor() {
        seen.add(this);
      }
      addEventListener() {}
      dispatchEvent() {}
    }
    expect(await madeOf(Ignoring)).toBe(Ignoring);
  });
});
