/**
 * An EventTarget that makes its state when it is first needed. Most sockets of a server have handlers and no listeners, and in
 * Node the state is two maps, 400 bytes for each socket.
 */

/** Not a subclass, so that the constructor of EventTarget does not run; but `instanceof EventTarget` is true. */
class Lazy {}
Object.setPrototypeOf(Lazy, EventTarget);
Object.setPrototypeOf(Lazy.prototype, EventTarget.prototype);

// Node keeps the state in properties of the object. Code that reads one of them, such as the listener functions of
// node:events, reaches these accessors while the object has no state of its own.
for (const key of Reflect.ownKeys(new EventTarget())) {
  Object.defineProperty(Lazy.prototype, key, {
    configurable: true,
    get(this: object): unknown {
      return Reflect.get(stateOf(this), key);
    },
    set(this: object, value: unknown) {
      Reflect.set(stateOf(this), key, value);
    },
  });
}

/** The states of objects that were frozen before they had one. */
const states = new WeakMap<object, EventTarget>();

/** The object that holds the state of a target: the target itself, unless it is a prototype or frozen. */
function stateOf(target: object): object {
  const state = states.get(target) ?? new EventTarget();
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

/** Whether this runtime keeps the state in properties. */
function works(): boolean {
  try {
    const target = new Lazy() as EventTarget;
    let isCalled = false;
    target.addEventListener('test', () => {
      isCalled = true;
    });
    target.dispatchEvent(new Event('test'));
    return isCalled;
  } catch {
    return false;
  }
}

/** EventTarget itself, where a runtime keeps its state elsewhere. */
export const LazyEventTarget: typeof EventTarget = works() ? (Lazy as typeof EventTarget) : EventTarget;
