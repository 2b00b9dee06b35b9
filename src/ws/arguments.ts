/** The arguments of a WebSocket's methods, and what they are refused with. */
import { mayBeSent } from '../protocol/index.ts';
import { bytesOf, EMPTY_BUFFER, isBlob } from './data.ts';

export const READY_STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;
export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;
export type ReadyState = 0 | 1 | 2 | 3;

export interface SendOptions {
  /** @defaultValue true for everything but strings */
  binary?: boolean | undefined;
  /** @defaultValue true, where compression was agreed on */
  compress?: boolean | undefined;
  /** False for a part of a message that is not the last one. @defaultValue true */
  fin?: boolean | undefined;
  /** Not used: a client masks and a server does not (RFC 6455 §5.1). */
  mask?: boolean | undefined;
}

export function notOpen(state: ReadyState): Error {
  return new Error(`WebSocket is not open: readyState ${state} (${READY_STATES[state]})`);
}

/** @throws {TypeError} for a code that may not be sent, {RangeError} for a reason that is too long */
export function closeArguments(
  code: unknown,
  data: string | Uint8Array | undefined,
): [code?: number, reason?: string] {
  if (code === undefined) return [];
  if (typeof code !== 'number' || !mayBeSent(code))
    throw new TypeError('First argument must be a valid error code number');
  if (data === undefined || !data.length) return [code];
  if (Buffer.byteLength(data) > 123) throw new RangeError('The message must not be greater than 123 bytes');
  if (typeof data !== 'string' && !(data instanceof Uint8Array))
    throw new TypeError('Second argument must be a string or a Uint8Array');
  return [code, Buffer.from(data as Uint8Array).toString()];
}

/** The payload of a Ping or a Pong. @throws {RangeError} for more than 125 bytes */
export function controlPayload(data: unknown): Uint8Array | Blob {
  const payload = data ? (isBlob(data) ? data : bytesOf(data)) : EMPTY_BUFFER;
  const byteLength = isBlob(payload) ? payload.size : payload.length;
  if (byteLength > 125) throw new RangeError('The data size must not be greater than 125 bytes');
  return payload;
}

/** The subprotocols and options of a client's arguments: the options may come second, and have the subprotocols. */
export function clientArguments<Options extends { protocols?: string | string[] | undefined }>(
  protocols: unknown,
  given: Options | undefined,
): [subprotocols: unknown[], options: Options] {
  const isOptions = typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols);
  const options = ((isOptions ? protocols : given) ?? {}) as Options;
  const listed: unknown = isOptions || protocols === undefined ? options.protocols : protocols;
  return [listed === undefined ? [] : Array.isArray(listed) ? listed : [listed], options];
}
