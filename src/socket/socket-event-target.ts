/** EventTarget with `on…` attributes. A listener that throws closes its own socket, and does not end the process. */
import { callUser, type UserErrors } from './call-user.ts';
import type { WebSocketEventMap, WebSocketEventType } from './events.ts';
import { INTERNAL } from './internal.ts';
import { LazyEventTarget } from './lazy-event-target.ts';

/** A listener, as `addEventListener` takes it. */
export type Listener<E extends Event = Event> = ((event: E) => unknown) | { handleEvent(event: E): unknown };

/** As in `EventTarget`. */
export type ListenerOptions =
  | boolean
  | { capture?: boolean; once?: boolean; passive?: boolean; signal?: AbortSignal };

type Handler<K extends WebSocketEventType> = ((event: WebSocketEventMap[K]) => unknown) | null;

/** The listeners of one socket. Made for the first one. */
export class Listeners {
  /** The types that ever had a listener. For other types no event is made. */
  readonly types: Set<string> = new Set();
  /** The guard that calls each listener, so that it can be removed again. */
  readonly guards: WeakMap<Listener, (event: Event) => void> = new WeakMap();
  /** The values of the `on…` attributes. */
  readonly attributes: Partial<Record<WebSocketEventType, Handler<WebSocketEventType>>> = {};
}

/** The inner side of an event target. */
export interface ListenerOwner extends UserErrors {
  listeners: Listeners | undefined;
  /** Called when a type has its first listener. */
  onFirstListener(type: string): void;
}

export abstract class SocketEventTarget<Inner extends ListenerOwner> extends LazyEventTarget {
  readonly #inner: Inner;

  constructor(inner: Inner) {
    super();
    this.#inner = inner;
  }

  /** @internal */
  get [INTERNAL](): Inner {
    return this.#inner;
  }

  override addEventListener<K extends WebSocketEventType>(
    type: K,
    listener: Listener<WebSocketEventMap[K]> | null,
    options?: ListenerOptions,
  ): void;
  override addEventListener(type: string, listener: Listener | null, options?: ListenerOptions): void;
  override addEventListener(type: string, listener: Listener | null, options?: ListenerOptions): void {
    if (listener == null) return; // also undefined, as in every EventTarget
    this.#inner.listeners ??= new Listeners();
    const { types, guards } = this.#inner.listeners;
    super.addEventListener(type, this.#guard(listener, guards), options);
    if (types.has(type)) return;
    types.add(type);
    this.#inner.onFirstListener(type);
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
    const guard = this.#inner.listeners?.guards.get(listener) ?? (listener as (event: Event) => void);
    super.removeEventListener(type, guard, options);
  }

  get onopen(): Handler<'open'> {
    return this.#attribute('open');
  }
  set onopen(handler: Handler<'open'>) {
    this.#setAttribute('open', handler);
  }
  get onmessage(): Handler<'message'> {
    return this.#attribute('message');
  }
  set onmessage(handler: Handler<'message'>) {
    this.#setAttribute('message', handler);
  }
  get onerror(): Handler<'error'> {
    return this.#attribute('error');
  }
  set onerror(handler: Handler<'error'>) {
    this.#setAttribute('error', handler);
  }
  get onclose(): Handler<'close'> {
    return this.#attribute('close');
  }
  set onclose(handler: Handler<'close'>) {
    this.#setAttribute('close', handler);
  }

  #guard(listener: Listener, guards: Listeners['guards']): (event: Event) => void {
    let guard = guards.get(listener);
    if (guard === undefined) {
      guard = (event) => callUser(callListener, listener, event, this.#inner);
      guards.set(listener, guard);
    }
    return guard;
  }

  #attribute<K extends WebSocketEventType>(type: K): Handler<K> {
    return (this.#inner.listeners?.attributes[type] ?? null) as Handler<K>;
  }

  /** As in the HTML standard: the first handler takes its place among the listeners, and later ones keep that place. */
  #setAttribute<K extends WebSocketEventType>(type: K, handler: Handler<K>): void {
    const isFirst = this.#inner.listeners?.attributes[type] === undefined;
    if (isFirst && handler === null) return;
    this.#inner.listeners ??= new Listeners();
    const callable = typeof handler === 'function' ? handler : null;
    this.#inner.listeners.attributes[type] = callable as Handler<WebSocketEventType>;
    if (isFirst) {
      this.addEventListener(type, (event) => this.#attribute(type)?.call(this, event));
    }
  }
}

function callListener(listener: Listener, event: Event): unknown {
  return typeof listener === 'function'
    ? listener.call(event.currentTarget, event)
    : listener.handleEvent(event);
}
