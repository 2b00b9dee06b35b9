import { describe, expect, test, vi } from 'vitest';
import { INTERNAL } from '../../src/socket/internal.ts';
import {
  type Listener,
  type ListenerOwner,
  type Listeners,
  SocketEventTarget,
} from '../../src/socket/socket-event-target.ts';

class Owner implements ListenerOwner {
  listeners: Listeners | undefined;
  readonly firsts: string[] = [];
  readonly errors: unknown[] = [];
  onFirstListener(type: string): void {
    this.firsts.push(type);
  }
  userFailed(error: unknown): void {
    this.errors.push(error);
  }
}

class Target extends SocketEventTarget {
  readonly #owner: Owner;
  constructor(owner: Owner) {
    super();
    this.#owner = owner;
  }
  get [INTERNAL](): Owner {
    return this.#owner;
  }
}

function made() {
  const owner = new Owner();
  return { owner, target: new Target(owner) };
}

test('the inner side is behind INTERNAL alone', () => {
  const { owner, target } = made();
  expect(target[INTERNAL]).toBe(owner);
  expect(Reflect.ownKeys(target)).toEqual([]);
});

describe('addEventListener', () => {
  test('tells the owner of the first listener of each type', () => {
    const { owner, target } = made();
    for (const type of ['open', 'message', 'open', 'x']) target.addEventListener(type, () => {});
    expect(owner.firsts).toEqual(['open', 'message', 'x']);
    expect([...owner.listeners!.types]).toEqual(['open', 'message', 'x']);
  });

  test('tells of it when the listener is there', () => {
    const { owner, target } = made();
    const listener = vi.fn();
    owner.onFirstListener = (type) => void target.dispatchEvent(new Event(type));
    target.addEventListener('open', listener);
    expect(listener).toHaveBeenCalledOnce();
  });

  test.each([null, undefined])('%s is not a listener', (listener) => {
    const { owner, target } = made();
    target.addEventListener('open', listener as null);
    target.removeEventListener('open', listener as null);
    expect(owner.listeners).toBeUndefined();
    expect(owner.firsts).toEqual([]);
  });

  test('the same listener twice is called once', () => {
    const { target } = made();
    const listener = vi.fn();
    target.addEventListener('x', listener);
    target.addEventListener('x', listener);
    target.dispatchEvent(new Event('x'));
    expect(listener).toHaveBeenCalledOnce();
  });

  test('a function has the target as this, an object has itself', () => {
    const { target } = made();
    const those: unknown[] = [];
    const listen = function (this: unknown) {
      those.push(this);
    };
    const object = { handleEvent: listen };
    target.addEventListener('x', listen);
    target.addEventListener('x', object);
    target.dispatchEvent(new Event('x'));
    expect(those).toEqual([target, object]);
  });

  test('the handleEvent of the moment is called', () => {
    const { target } = made();
    const object: Listener = { handleEvent: vi.fn() };
    target.addEventListener('x', object);
    const later = vi.fn();
    object.handleEvent = later;
    target.dispatchEvent(new Event('x'));
    expect(later).toHaveBeenCalledOnce();
  });

  test('`once` and `signal` work', () => {
    const { target } = made();
    const [once, aborted] = [vi.fn(), vi.fn()];
    const controller = new AbortController();
    target.addEventListener('x', once, { once: true });
    target.addEventListener('x', aborted, { signal: controller.signal });
    target.dispatchEvent(new Event('x'));
    controller.abort();
    target.dispatchEvent(new Event('x'));
    expect(once).toHaveBeenCalledOnce();
    expect(aborted).toHaveBeenCalledOnce();
  });
});

describe('removeEventListener', () => {
  test('removes what was added, on one target and for one type', () => {
    const [one, two] = [made(), made()];
    const listener = vi.fn();
    for (const { target } of [one, two]) target.addEventListener('x', listener);
    one.target.addEventListener('y', listener);
    one.target.removeEventListener('x', listener);
    one.target.dispatchEvent(new Event('x'));
    expect(listener).not.toHaveBeenCalled();
    one.target.dispatchEvent(new Event('y'));
    two.target.dispatchEvent(new Event('x'));
    expect(listener).toHaveBeenCalledTimes(2);
  });

  test('knows the capture option', () => {
    const { target } = made();
    const listener = vi.fn();
    target.addEventListener('x', listener, true);
    target.removeEventListener('x', listener);
    target.dispatchEvent(new Event('x'));
    expect(listener).toHaveBeenCalledOnce();
    target.removeEventListener('x', listener, { capture: true });
    target.dispatchEvent(new Event('x'));
    expect(listener).toHaveBeenCalledOnce();
  });

  test('ignores what was never added', () => {
    const { owner, target } = made();
    target.removeEventListener('x', () => {});
    expect(owner.listeners).toBeUndefined();
  });
});

describe('a listener that fails', () => {
  test('is told to the owner, and the others are called', async () => {
    const { owner, target } = made();
    const last = vi.fn();
    target.addEventListener('x', () => {
      throw 'thrown';
    });
    target.addEventListener('x', async () => {
      throw 'rejected';
    });
    target.addEventListener('x', {} as Listener);
    target.addEventListener('x', last);
    expect(target.dispatchEvent(new Event('x'))).toBe(true);
    expect(last).toHaveBeenCalledOnce();
    await new Promise(setImmediate);
    expect(owner.errors).toEqual(['thrown', expect.any(TypeError), 'rejected']);
  });
});

describe.each(['open', 'message', 'error', 'close'] as const)('on%s', (type) => {
  const name = `on${type}` as const;
  const set = (target: Target, value: unknown) => Reflect.set(target, name, value);

  test('is null at first, and null does not listen', () => {
    const { owner, target } = made();
    expect(target[name]).toBeNull();
    set(target, null);
    expect(owner.listeners).toBeUndefined();
  });

  test('listens to its own type, with the target as this', () => {
    const { owner, target } = made();
    const calls: unknown[] = [];
    set(target, function (this: unknown, event: Event) {
      calls.push([this, event.type]);
    });
    for (const other of ['open', 'message', 'error', 'close']) target.dispatchEvent(new Event(other));
    expect(calls).toEqual([[target, type]]);
    expect(owner.firsts).toEqual([type]);
  });

  test('gives back the function, and any other object, which does nothing', () => {
    const { owner, target } = made();
    const handler = vi.fn();
    set(target, handler);
    expect(target[name]).toBe(handler);
    const object = { handleEvent: handler };
    set(target, object);
    expect(target[name]).toBe(object);
    target.dispatchEvent(new Event(type));
    expect(handler).not.toHaveBeenCalled();
    expect(owner.errors).toEqual([]);
  });

  test('keeps its place among the listeners until it is null', () => {
    const { owner, target } = made();
    const order: number[] = [];
    const heard = () => {
      target.dispatchEvent(new Event(type));
      return order.splice(0);
    };
    set(target, () => order.push(1));
    target.addEventListener(type, () => order.push(2));
    set(target, () => order.push(3));
    expect(heard()).toEqual([3, 2]);
    set(target, null);
    expect(heard()).toEqual([2]);
    set(target, () => order.push(4));
    expect(heard()).toEqual([2, 4]);
    expect(owner.firsts).toEqual([type]);
  });

  test('a handler that throws is told to the owner', () => {
    const { owner, target } = made();
    set(target, () => {
      throw 'why';
    });
    target.dispatchEvent(new Event(type));
    expect(owner.errors).toEqual(['why']);
  });
});
