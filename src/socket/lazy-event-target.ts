/**
 * EventTarget that makes its state when that is first needed: most sockets of a server are never listened to, and in Node
 * the state is two maps, 400 bytes a socket.
 */

/** A class of no other, so that no constructor of EventTarget runs; but an EventTarget for all who ask. */
class Lazy {}
Object.setPrototypeOf(Lazy, EventTarget);
Object.setPrototypeOf(Lazy.prototype, EventTarget.prototype);

// Node keeps the state in properties of the object. Whoever looks for one of them, the listeners of node:events among
// them, finds it here until there is a state.
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

/** The states of those that were frozen before they had one. */
const states = new WeakMap<object, EventTarget>();

/** What bears the state of a target: itself, as a rule. */
function stateOf(target: object): object {
  const state = states.get(target) ?? new EventTarget();
  if (Object.hasOwn(target, 'constructor')) return state; // a prototype, from which all would inherit it
  if (!Object.isExtensible(target)) {
    states.set(target, state);
    return state;
  }
  for (const key of Reflect.ownKeys(state)) {
    Object.defineProperty(target, key, Object.getOwnPropertyDescriptor(state, key)!);
  }
  return target;
}

/** Whether this platform keeps the state where it was looked for. */
function works(): boolean {
  try {
    const target = new Lazy() as EventTarget;
    let isHeard = false;
    target.addEventListener('test', () => {
      isHeard = true;
    });
    target.dispatchEvent(new Event('test'));
    return isHeard;
  } catch {
    return false;
  }
}

/** EventTarget itself on a platform that keeps its state elsewhere. */
export const LazyEventTarget: typeof EventTarget = works() ? (Lazy as typeof EventTarget) : EventTarget;
