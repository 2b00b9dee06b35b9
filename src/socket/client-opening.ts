/** The opening of a client's socket: options → opening handshake → a connection, or its failure. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers';
import { ClientHandshake, type OpenedTransport } from '../client/handshake.ts';
import {
  type AdoptedClientOptions,
  adoptedOptions,
  type ClientOptions,
  openingOptions,
  parseSubprotocols,
  parseUrl,
} from '../client/options.ts';
import type { Initiator } from '../protocol/ending.ts';
import { HandshakeError } from '../protocol/errors.ts';
import { socketLimits } from '../transport/socket-options.ts';
import { type Adopted, adoptInner } from './adoption.ts';
import { agreementOf } from './agreement.ts';
import { asError } from './call-user.ts';
import { failedOpening } from './close-info.ts';
import type { SocketHooks } from './hooks.ts';
import { InnerSocket } from './inner-socket.ts';

/**
 * Begins to connect. No event is fired before the constructor of WebSocket returns.
 * @throws as the constructor of WebSocket
 */
export function openClient<Client extends EventTarget>(
  url: string | URL,
  subprotocols: string | readonly string[],
  options: ClientOptions = {},
): InnerSocket<Client> {
  const target = { url: parseUrl(url, options.baseUrl), subprotocols: parseSubprotocols(subprotocols) };
  const opening = openingOptions(options);
  const hooks = hooksOf<Client>(options, opening.deflate?.thresholdBytes ?? 0);
  const inner = new InnerSocket(hooks, agreementOf(target.url.href, '', undefined));
  inner.ownRareState().handshake = new ClientHandshake(
    { ...target, options: opening },
    (opened) => onOpened(inner, opened),
    (error) => onFailed(inner, asError(error)),
  );
  return inner;
}

/** @throws as `adopt` */
export function adoptClient<Client extends EventTarget>(
  transport: Duplex,
  adopted: Adopted,
  options: AdoptedClientOptions,
): InnerSocket<Client> {
  const deflate = adoptedOptions(options);
  const hooks = hooksOf<Client>(options, deflate?.thresholdBytes ?? Infinity);
  return adoptInner(transport, adopted, hooks, deflate, takeMessages);
}

function hooksOf<Client extends EventTarget>(
  options: AdoptedClientOptions,
  thresholdBytes: number,
): SocketHooks<Client> {
  const { closeCodes = 'browser', maskingKey, message, bytes, ping, pong, violation, trace } = options;
  return {
    role: 'client',
    closeCodes,
    maskingKey,
    limits: socketLimits(options),
    thresholdBytes,
    ...(message && { message: (_socket, data) => message(data) }),
    ...(bytes && { message: (_socket, data, isText) => bytes(data as Uint8Array, isText), keepsText: true }),
    ...(ping && { ping: (_socket, payload) => ping(payload) }),
    ...(pong && { pong: (_socket, payload) => pong(payload) }),
    ...(violation && { violation: (_socket, error) => violation(error) }),
    ...(trace && { frame: (_socket, frame) => trace(frame) }),
    ended() {},
    report: (error) => console.error('barewire: a listener failed:', error),
  };
}

function onOpened<Client extends EventTarget>(inner: InnerSocket<Client>, opened: OpenedTransport): void {
  const { url, transport, head, subprotocol, deflate, headers } = opened;
  const rare = inner.ownRareState();
  rare.handshake = undefined;
  rare.origin = url.origin;
  inner.agreement = { ...agreementOf(url.href, subprotocol, deflate), responseHeaders: headers };
  if (transport instanceof Socket) transport.setTimeout(0).setNoDelay(true);
  inner.connect(transport, deflate);
  rare.resolveOpened(inner.socket);
  inner.start(head);
  // In a later turn: code that waits for `opened` comes first.
  setImmediate(takeMessages, inner);
}

function takeMessages(inner: InnerSocket): void {
  const hasListeners = inner.listeners !== undefined && inner.listeners.types.size > 0;
  if (hasListeners || inner.hasMessageHandler) inner.endWaitForConsumer();
}

function onFailed<Client extends EventTarget>(inner: InnerSocket<Client>, error: Error): void {
  const wasRefused = error instanceof HandshakeError && error.status !== undefined;
  const isAborted = inner.ownRareState().handshake?.isAborted;
  const closedBy: Initiator = isAborted ? 'this side' : wasRefused ? 'peer' : 'network';
  // In a later task, as the standard queues it: not in the microtasks after `close()`.
  setImmediate(() => {
    const rare = inner.ownRareState();
    rare.handshake = undefined;
    rare.rejectOpened(error);
    inner.end(failedOpening(error, closedBy));
  });
}
