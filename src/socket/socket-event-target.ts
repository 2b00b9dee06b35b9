/** EventTarget with `on…` attributes, in which a listener that throws fails its own socket and not the process. */

import { isThenable } from './call-user.ts';
import type { WebSocketEventMap, WebSocketEventType } from './events.ts';
import { LazyEventTarget } from './lazy-event-target.ts';

/** A listener, as `addEventListener` takes it. */
export type Listener<E extends Event = Event> = ((event: E) => unknown) | { handleEvent(event: E): unknown };

/** As in `EventTarget`. */
export type ListenerOptions =
  | boolean
  | { capture?: boolean; once?: boolean; passive?: boolean; signal?: AbortSignal };

type Handler<K extends WebSocketEventType> = ((event: WebSocketEventMap[K]) => unknown) | null;

/** What there is once somebody listens. */
class Listening {
  /** The types that were ever listened to: for others no event is made. */
  readonly types: Set<string> = new Set();
  /** What stands in for each listener, so that it can be removed again. */
  readonly guards: WeakMap<Listener, (event: Event) => void> = new WeakMap();
  readonly handlers: Partial<Record<WebSocketEventType, Handler<WebSocketEventType>>> = {};
}

export abstract class SocketEventTarget extends LazyEventTarget {
  #listening: Listening | undefined;

  /** A listener has thrown, or the promise that it returned was rejected. */
  protected abstract listenerFailed(error: unknown): void;

  /** Called when the first listener for a type is there. */
  protected abstract listenedTo(type: string): void;

  /** Whether anything was ever listened to. */
  protected get hasListeners(): boolean {
    return this.#listening !== undefined && this.#listening.types.size > 0;
  }

  protected hasListener(type: WebSocketEventType): boolean {
    return this.#listening?.types.has(type) === true;
  }

  override addEventListener<K extends WebSocketEventType>(
    type: K,
    listener: Listener<WebSocketEventMap[K]> | null,
    options?: ListenerOptions,
  ): void;
  override addEventListener(type: string, listener: Listener | null, options?: ListenerOptions): void;
  override addEventListener(type: string, listener: Listener | null, options?: ListenerOptions): void {
    if (listener == null) return; // also undefined, as in every EventTarget
    this.#listening ??= new Listening();
    const { types, guards } = this.#listening;
    super.addEventListener(type, this.#guard(listener, guards), options);
    if (types.has(type)) return;
    types.add(type);
    this.listenedTo(type);
  }

  override removeEventListener<K extends WebSocketEventType>(
    type: K,
    listener: Listener<WebSocketEventMap[K]> | null,
    options?: ListenerOptions,
  ): void;
  override removeEventListener(type: string, listener: Listener | null, options?: ListenerOptions): void;
  override removeEventListener(type: string, listener: Listener | null, options?: ListenerOptions): void {
    if (listener == null) return;
    // The platform, when a signal aborts, calls this with the stand-in itself.
    super.removeEventListener(
      type,
      this.#listening?.guards.get(listener) ?? (listener as (event: Event) => void),
      options,
    );
  }

  get onopen(): Handler<'open'> {
    return this.#handler('open');
  }
  set onopen(handler: Handler<'open'>) {
    this.#setHandler('open', handler);
  }
  get onmessage(): Handler<'message'> {
    return this.#handler('message');
  }
  set onmessage(handler: Handler<'message'>) {
    this.#setHandler('message', handler);
  }
  get onerror(): Handler<'error'> {
    return this.#handler('error');
  }
  set onerror(handler: Handler<'error'>) {
    this.#setHandler('error', handler);
  }
  get onclose(): Handler<'close'> {
    return this.#handler('close');
  }
  set onclose(handler: Handler<'close'>) {
    this.#setHandler('close', handler);
  }

  /** Calls what the user gave; an error of it, now or in its promise, goes to `listenerFailed`. */
  protected call<A, B>(userFunction: (first: A, second: B) => unknown, first: A, second: B): void {
    try {
      const result = userFunction(first, second);
      if (isThenable(result)) Promise.resolve(result).catch((error: unknown) => this.listenerFailed(error));
    } catch (error) {
      this.listenerFailed(error);
    }
  }

  #guard(listener: Listener, guards: Listening['guards']): (event: Event) => void {
    let guard = guards.get(listener);
    if (guard === undefined) {
      guard = (event) => this.call(callListener, listener, event);
      guards.set(listener, guard);
    }
    return guard;
  }

  #handler<K extends WebSocketEventType>(type: K): Handler<K> {
    return (this.#listening?.handlers[type] ?? null) as Handler<K>;
  }

  /** As the HTML standard has it: the first handler takes its place among the listeners, and its successors keep it. */
  #setHandler<K extends WebSocketEventType>(type: K, handler: Handler<K>): void {
    const isFirst = this.#listening?.handlers[type] === undefined;
    if (isFirst && handler === null) return;
    this.#listening ??= new Listening();
    const callable = typeof handler === 'function' ? handler : null;
    this.#listening.handlers[type] = callable as Handler<WebSocketEventType>;
    if (isFirst) {
      this.addEventListener(type, (event) => this.#handler(type)?.call(this, event));
    }
  }
}

function callListener(listener: Listener, event: Event): unknown {
  return typeof listener === 'function'
    ? listener.call(event.currentTarget, event)
    : listener.handleEvent(event);
}
