/** Whether a server's answer opens a connection, by the rules of ws. */
import type { IncomingMessage } from 'node:http';
import { acceptKey } from '../protocol/index.ts';
import type { ClientOptions } from './client-options.ts';
import { extension } from './extension.ts';
import { deflateOptions, PerMessageDeflate } from './permessage-deflate.ts';

interface Answer {
  readonly protocol: string;
  readonly extensions: string;
}

/** @returns what was agreed on, or what is wrong */
export function verifyAnswer(
  { headers }: IncomingMessage,
  key: string,
  subprotocols: readonly string[],
  options: ClientOptions,
): Answer | string {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return 'Invalid Upgrade header';
  if (headers['sec-websocket-accept'] !== acceptKey(key)) return 'Invalid Sec-WebSocket-Accept header';
  const protocol = headers['sec-websocket-protocol'];
  if (protocol === undefined) {
    if (subprotocols.length > 0) return 'Server sent no subprotocol';
  } else if (subprotocols.length === 0) return 'Server sent a subprotocol but none was requested';
  else if (!subprotocols.includes(protocol)) return 'Server sent an invalid subprotocol';
  const extensions = headers['sec-websocket-extensions']?.toString();
  const error = extensions === undefined ? undefined : extensionError(extensions, options);
  return error ?? { protocol: protocol ?? '', extensions: extensions ?? '' };
}

function extensionError(header: string, { perMessageDeflate = true }: ClientOptions): string | undefined {
  const options = deflateOptions(perMessageDeflate);
  if (options === undefined)
    return 'Server sent a Sec-WebSocket-Extensions header but no extension was requested';
  try {
    const { [PerMessageDeflate.extensionName]: answers, ...others } = extension.parse(header);
    if (answers === undefined || Object.keys(others).length > 0)
      return 'Server indicated an extension that was not requested';
    new PerMessageDeflate({ ...options, isServer: false }).accept(answers);
    return undefined;
  } catch {
    return 'Invalid Sec-WebSocket-Extensions header';
  }
}
