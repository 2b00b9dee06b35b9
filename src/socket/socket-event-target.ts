/** EventTarget with `on…` attributes. A listener that throws closes its own socket, and does not end the process. */
import { getEventListeners } from 'node:events';
import { callUser, type UserErrors } from './call-user.ts';
import type { WebSocketEventMap, WebSocketEventType } from './events.ts';
import { INTERNAL } from './internal.ts';
import { deferState } from './lazy-event-target.ts';

/** A listener, as `addEventListener` takes it. */
export type Listener<E extends Event = Event> = ((event: E) => unknown) | { handleEvent(event: E): unknown };

/** As in `EventTarget`. */
export type ListenerOptions =
  | boolean
  | { capture?: boolean; once?: boolean; passive?: boolean; signal?: AbortSignal };

type Handler<K extends WebSocketEventType> = ((event: WebSocketEventMap[K]) => unknown) | null;

/** The value of an `on…` attribute, and the listener that calls it. */
interface EventHandler {
  value: object;
  readonly listener: (event: Event) => void;
}

/** The listeners of one socket. Made for the first one. */
export class Listeners {
  /** The types that ever had a listener. For other types no event is made. */
  readonly types: Set<string> = new Set();
  /** The guard that calls each listener, so that it can be removed again. */
  readonly guards: WeakMap<Listener, (event: Event) => void> = new WeakMap();
  /** The `on…` attributes that are not null. */
  readonly attributes: Partial<Record<WebSocketEventType, EventHandler>> = {};
}

/** The inner side of an event target. */
export interface ListenerOwner extends UserErrors {
  listeners: Listeners | undefined;
  /** Called when a type has its first listener. */
  onFirstListener(type: string): void;
}

/** Whether a type has a listener now. Not for every message: it asks the platform. */
export function isListenedTo(
  { listeners, socket }: { readonly listeners: Listeners | undefined; readonly socket: EventTarget },
  type: string,
): boolean {
  return listeners?.types.has(type) === true && getEventListeners(socket, type).length > 0;
}

/** The members of WebSocket that have to do with events; `defineInterface` makes them its own. */
export abstract class SocketEventTarget extends EventTarget {
  /** @internal */
  abstract get [INTERNAL](): ListenerOwner;

  override addEventListener<K extends WebSocketEventType>(
    type: K,
    listener: Listener<WebSocketEventMap[K]> | null,
    options?: ListenerOptions,
  ): void;
  override addEventListener(type: string, listener: Listener | null, options?: ListenerOptions): void;
  override addEventListener(type: string, listener: Listener | null, options?: ListenerOptions): void {
    if (listener == null) return; // also undefined, as in every EventTarget
    const inner = this[INTERNAL];
    inner.listeners ??= new Listeners();
    const { types, guards } = inner.listeners;
    super.addEventListener(type, guardOf(listener, guards, inner), options);
    if (types.has(type)) return;
    types.add(type);
    inner.onFirstListener(type);
  }

  override removeEventListener<K extends WebSocketEventType>(
    type: K,
    listener: Listener<WebSocketEventMap[K]> | null,
    options?: ListenerOptions,
  ): void;
  override removeEventListener(type: string, listener: Listener | null, options?: ListenerOptions): void;
  override removeEventListener(type: string, listener: Listener | null, options?: ListenerOptions): void {
    if (listener == null) return;
    // When a signal aborts, the platform calls this with the guard itself.
    const guard = this[INTERNAL].listeners?.guards.get(listener) ?? (listener as (event: Event) => void);
    super.removeEventListener(type, guard, options);
  }

  get onopen(): Handler<'open'> {
    return attribute(this, 'open');
  }
  set onopen(handler: Handler<'open'>) {
    setAttribute(this, 'open', handler);
  }
  get onmessage(): Handler<'message'> {
    return attribute(this, 'message');
  }
  set onmessage(handler: Handler<'message'>) {
    setAttribute(this, 'message', handler);
  }
  get onerror(): Handler<'error'> {
    return attribute(this, 'error');
  }
  set onerror(handler: Handler<'error'>) {
    setAttribute(this, 'error', handler);
  }
  get onclose(): Handler<'close'> {
    return attribute(this, 'close');
  }
  set onclose(handler: Handler<'close'>) {
    setAttribute(this, 'close', handler);
  }
}

deferState(SocketEventTarget.prototype);

function guardOf(
  listener: Listener,
  guards: Listeners['guards'],
  errors: UserErrors,
): (event: Event) => void {
  let guard = guards.get(listener);
  if (guard === undefined) {
    guard = (event) => callUser(callListener, listener, event, errors);
    guards.set(listener, guard);
  }
  return guard;
}

function attribute<K extends WebSocketEventType>(target: SocketEventTarget, type: K): Handler<K> {
  return (target[INTERNAL].listeners?.attributes[type]?.value ?? null) as Handler<K>;
}

/**
 * HTML §8.1.8.1: any object is a handler, and one that cannot be called does nothing. The first handler takes its place among
 * the listeners, those after it keep the place, and null gives it up.
 */
function setAttribute(target: SocketEventTarget, type: WebSocketEventType, value: unknown): void {
  const inner = target[INTERNAL];
  const handler = inner.listeners?.attributes[type];
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    if (handler === undefined) return;
    target.removeEventListener(type, handler.listener);
    delete inner.listeners!.attributes[type];
  } else if (handler !== undefined) handler.value = value;
  else {
    const listener = (event: Event) => callHandler(added.value, event);
    const added: EventHandler = { value, listener };
    inner.listeners ??= new Listeners();
    inner.listeners.attributes[type] = added;
    target.addEventListener(type, listener);
  }
}

function callHandler(handler: object, event: Event): unknown {
  return typeof handler === 'function' ? handler.call(event.currentTarget, event) : undefined;
}

function callListener(listener: Listener, event: Event): unknown {
  return typeof listener === 'function'
    ? listener.call(event.currentTarget, event)
    : listener.handleEvent(event);
}
