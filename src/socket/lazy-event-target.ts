/**
 * An EventTarget that makes its state when it is first needed. Most sockets of a server have handlers and no listeners, and in
 * Node the state is two maps, 400 bytes for each socket.
 *
 * Node keeps the state in properties that the constructor sets. Accessors of the same names on a prototype see that: what
 * the constructor sets is let go, and made again when somebody reads it. Where a runtime keeps the state elsewhere, there
 * are no such properties, and nothing is changed.
 */
import { isMap } from 'node:util/types';

/** The globals of the time when this module is loaded: test environments replace them. */
const PlatformEventTarget = globalThis.EventTarget;

/** The states of objects that were frozen before they had one. */
const states = new WeakMap<object, EventTarget>();

/** Makes objects with this prototype, whose constructor calls that of EventTarget, keep no state before it is needed. */
export function deferState(prototype: EventTarget): void {
  const initial = new PlatformEventTarget();
  for (const key of Reflect.ownKeys(initial)) {
    const initialValue: unknown = Reflect.get(initial, key);
    Object.defineProperty(prototype, key, {
      configurable: true,
      get(this: object): unknown {
        return Reflect.get(stateOf(this), key);
      },
      set(this: object, value: unknown) {
        // Newer versions of Node make the map themselves, when it is needed; a state that is there keeps it.
        if (states.has(this) || !isSameState(value, initialValue)) Reflect.set(stateOf(this), key, value);
      },
    });
  }
}

/** Whether a value says no more than the initial one. */
function isSameState(value: unknown, initial: unknown): boolean {
  return Object.is(value, initial) || (isMap(value) && value.size === 0);
}

/** The object that holds the state of a target: the target itself, unless it is a prototype or frozen. */
function stateOf(target: object): object {
  const state = states.get(target) ?? new PlatformEventTarget();
  if (Object.hasOwn(target, 'constructor')) return state; // a prototype: all its objects would inherit the state
  if (!Object.isExtensible(target)) {
    states.set(target, state);
    return state;
  }
  for (const key of Reflect.ownKeys(state)) {
    Object.defineProperty(target, key, Object.getOwnPropertyDescriptor(state, key)!);
  }
  return target;
}
