/** The DOM's side of a WebSocket: `addEventListener`, `onmessage`, and what their listeners get. */
import { EventEmitter } from 'node:events';
import { READY_STATES } from './arguments.ts';

/** The listener that a wrapper calls, and whether it is the value of an `on…` attribute. */
const kListener: unique symbol = Symbol('listener');
const kIsAttribute: unique symbol = Symbol('attribute');

export class Event {
  readonly #type: string;
  readonly #target: unknown;

  /** @param target null for an event that nothing has emitted */
  constructor(type: string, target: unknown = null) {
    this.#type = type;
    this.#target = target;
  }

  // biome-ignore lint/suspicious/noExplicitAny: a WebSocket, as a rule; those of the DOM are any as well
  get target(): any {
    return this.#target;
  }

  get type(): string {
    return this.#type;
  }
}

export class CloseEvent extends Event {
  readonly #init: { code?: number; reason?: string; wasClean?: boolean };

  constructor(
    type: string,
    init: { code?: number; reason?: string; wasClean?: boolean } = {},
    target?: unknown,
  ) {
    super(type, target);
    this.#init = init;
  }

  get code(): number {
    return this.#init.code ?? 0;
  }

  get reason(): string {
    return this.#init.reason ?? '';
  }

  get wasClean(): boolean {
    return this.#init.wasClean ?? false;
  }
}

export class ErrorEvent extends Event {
  readonly #init: { error?: unknown; message?: string };

  constructor(type: string, init: { error?: unknown; message?: string } = {}, target?: unknown) {
    super(type, target);
    this.#init = init;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as in the DOM's types
  get error(): any {
    return this.#init.error === undefined ? null : this.#init.error;
  }

  get message(): string {
    return this.#init.message ?? '';
  }
}

export class MessageEvent extends Event {
  readonly #data: unknown;

  constructor(type: string, init: { data?: unknown } = {}, target?: unknown) {
    super(type, target);
    this.#data = init.data === undefined ? null : init.data;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as in the DOM's types
  get data(): any {
    return this.#data;
  }
}

for (const each of [Event, CloseEvent, ErrorEvent, MessageEvent]) {
  for (const name of Object.getOwnPropertyNames(each.prototype)) {
    if (name !== 'constructor') Object.defineProperty(each.prototype, name, { enumerable: true });
  }
}

export type Listener<E> = ((event: E) => void) | { handleEvent(event: E): void };

type Handler = Listener<never>;

export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  error: ErrorEvent;
  close: CloseEvent;
}

type Attribute<K extends keyof WebSocketEventMap> = ((event: WebSocketEventMap[K]) => void) | null;

/** An emitter of 'open', 'message', 'error' and 'close'. */
export abstract class SocketEmitter extends EventEmitter {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  declare onopen: Attribute<'open'>;
  declare onmessage: Attribute<'message'>;
  declare onerror: Attribute<'error'>;
  declare onclose: Attribute<'close'>;

  /** Whether both sides have sent a Close frame. */
  abstract get wasClean(): boolean;

  addEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: Listener<WebSocketEventMap[K]>,
    options?: { once?: boolean | undefined },
  ): void {
    addListener(this, type, listener, options);
  }

  removeEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: Listener<WebSocketEventMap[K]>,
  ): void {
    removeListener(this, type, listener);
  }
}

type Wrapper = ((this: SocketEmitter, first?: unknown, second?: unknown) => void) & {
  [kListener]?: Handler;
  [kIsAttribute]?: boolean;
};

/** An event of what an emitter's listener gets. */
const EVENTS: Readonly<Record<string, (target: SocketEmitter, first: unknown, second: unknown) => Event>> = {
  open: (target) => new Event('open', target),
  message: (target, data, isBinary) =>
    new MessageEvent('message', { data: isBinary ? data : `${data}` }, target),
  error: (target, error) => new ErrorEvent('error', { error, message: (error as Error).message }, target),
  close: (target, code, reason) => {
    const { wasClean } = target;
    return new CloseEvent('close', { code: code as number, reason: `${reason}`, wasClean }, target);
  },
};

function wrappersOf(source: SocketEmitter, type: string): Wrapper[] {
  return source.listeners(type) as Wrapper[];
}

/** Other types than the four are ignored. */
function addListener(
  source: SocketEmitter,
  type: string,
  handler: Handler,
  { once, isAttribute = false }: { once?: boolean | undefined; isAttribute?: boolean } = {},
): void {
  const isThere = (wrapper: Wrapper) => wrapper[kListener] === handler && !wrapper[kIsAttribute];
  if (!isAttribute && wrappersOf(source, type).some(isThere)) return;
  const eventOf = Object.hasOwn(EVENTS, type) ? EVENTS[type] : undefined;
  if (eventOf === undefined) return;
  const wrapper: Wrapper = function (this: SocketEmitter, first?: unknown, second?: unknown) {
    call(handler, this, eventOf(this, first, second));
  };
  wrapper[kListener] = handler;
  wrapper[kIsAttribute] = isAttribute;
  if (once) source.once(type, wrapper);
  else source.on(type, wrapper);
}

function call(handler: Handler, source: SocketEmitter, event: Event): void {
  if (typeof handler === 'object' && handler.handleEvent) handler.handleEvent(event as never);
  else (handler as (event: Event) => unknown).call(source, event);
}

function removeListener(source: SocketEmitter, type: string, handler: Handler): void {
  const found = wrappersOf(source, type).find((each) => each[kListener] === handler && !each[kIsAttribute]);
  if (found !== undefined) source.removeListener(type, found);
}

/** As with ws, what tells of a socket is enumerable: the states, on the class and its prototype, and the attributes. */
export function defineMembers(socketClass: { readonly prototype: SocketEmitter }): void {
  const { prototype } = socketClass;
  for (const [value, name] of READY_STATES.entries()) {
    Object.defineProperty(socketClass, name, { value, enumerable: true });
    Object.defineProperty(prototype, name, { value, enumerable: true });
  }
  for (const name of STATE) Object.defineProperty(prototype, name, { enumerable: true });
  for (const type of Object.keys(EVENTS)) defineAttribute(prototype, type);
}

const STATE = ['binaryType', 'bufferedAmount', 'extensions', 'isPaused', 'protocol', 'readyState', 'url'];

/** Gives a class the attribute `on…`. What cannot be called takes the handler away. */
function defineAttribute(prototype: SocketEmitter, type: string): void {
  const find = (source: SocketEmitter) => wrappersOf(source, type).find((wrapper) => wrapper[kIsAttribute]);
  Object.defineProperty(prototype, `on${type}`, {
    enumerable: true,
    configurable: true,
    get(this: SocketEmitter) {
      return find(this)?.[kListener] ?? null;
    },
    set(this: SocketEmitter, value: unknown) {
      const old = find(this);
      if (old !== undefined) this.removeListener(type, old);
      if (typeof value === 'function') addListener(this, type, value as Handler, { isAttribute: true });
    },
  });
}
