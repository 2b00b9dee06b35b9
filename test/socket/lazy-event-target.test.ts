/** A socket without listeners is an EventTarget for all code that touches it first, in every way. */
import { type EventEmitter, getEventListeners, on, once, setMaxListeners } from 'node:events';
import { inspect } from 'node:util';
import { WebSocket, WebSocketServer } from 'barewire';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { deferState } from '../../src/socket/lazy-event-target.ts';
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

test('a prototype is given no state, which all would have in common', async () => {
  for (const key of stateKeys) {
    const state = Reflect.get(WebSocket.prototype, key);
    Reflect.set(WebSocket.prototype, key, 'for all');
    expect(Reflect.get(WebSocket.prototype, key)).toEqual(state);
  }
  for (const key of ownStateKeys(WebSocket.prototype))
    expect(Object.getOwnPropertyDescriptor(WebSocket.prototype, key as symbol)).not.toHaveProperty('value');
  const socket = await untouched();
  for (const key of stateKeys) expect(Reflect.get(socket, key)).not.toBe('for all');
});

test('what is set on a socket without state, such as a limit, is kept', async () => {
  const socket = await untouched();
  const [, limit] = stateKeys;
  Reflect.set(socket, limit!, 99);
  expect(Reflect.get(socket, limit!)).toBe(99);
  expect(ownStateKeys(socket)).toEqual(stateKeys);
});

describe('when the globals are replaced after the import', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('sockets go on with those of before', async () => {
    class Other {
      constructor() {
        throw new Error('not one of the platform');
      }
    }
    for (const name of ['EventTarget', 'Event', 'MessageEvent', 'DOMException', 'CloseEvent', 'ErrorEvent'])
      vi.stubGlobal(name, Other);
    const client = new WebSocket('ws://localhost/', [], { createConnection: () => new Promise(() => {}) });
    const heard = vi.fn();
    client.addEventListener('close', heard);
    expect(() => client.send('early')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }));
    expect(() => client.close(1)).toThrow(expect.objectContaining({ name: 'InvalidAccessError' }));
    expect(() => new WebSocket('')).toThrow(expect.objectContaining({ name: 'SyntaxError' }));
    client.close();
    await client.closed;
    expect(heard).toHaveBeenCalledOnce();
    const socket = await untouched();
    expect(getEventListeners(socket, 'x')).toEqual([]);
  });

  test('a message still makes an event', async () => {
    vi.stubGlobal('MessageEvent', undefined);
    vi.stubGlobal('Event', undefined);
    const socket = new WebSocket(`ws://127.0.0.1:${(await startEcho()).port}/`);
    onTestFinished(() => socket.terminate());
    const heard: unknown[] = [];
    socket.onopen = () => socket.send('hello');
    socket.onmessage = ({ data }) => heard.push(data);
    await eventually(() => expect(heard).toEqual(['hello']));
  });
});

describe('on another platform', () => {
  test('whose state is private, nothing is changed', async () => {
    vi.resetModules();
    class Private {
      readonly #listeners = new Map<string, (event: Event) => void>();
      addEventListener(type: string, listener: (event: Event) => void) {
        this.#listeners.set(type, listener);
      }
      dispatchEvent(event: Event) {
        this.#listeners.get(event.type)?.(event);
      }
    }
    vi.stubGlobal('EventTarget', Private);
    onTestFinished(() => {
      vi.unstubAllGlobals();
      vi.resetModules();
    });
    const { deferState: deferStateThere } = await import('../../src/socket/lazy-event-target.ts');
    class Target extends Private {}
    deferStateThere(Target.prototype as unknown as EventTarget);
    expect(Reflect.ownKeys(Target.prototype)).toEqual(['constructor']);
    const target = new Target();
    const heard = vi.fn();
    target.addEventListener('x', heard);
    target.dispatchEvent(new Event('x'));
    expect(heard).toHaveBeenCalledOnce();
  });
});

test('a class of its own may defer its state too', () => {
  class Target extends EventTarget {}
  deferState(Target.prototype);
  const target = new Target();
  expect(ownStateKeys(target)).toEqual([]);
  const heard = vi.fn();
  target.addEventListener('x', heard);
  target.dispatchEvent(new Event('x'));
  expect(heard).toHaveBeenCalledOnce();
  expect(ownStateKeys(target)).toEqual(stateKeys);
});
