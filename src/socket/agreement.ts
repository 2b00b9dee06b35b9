/** What the opening handshake has agreed on. Sockets for which it is the same may share one. */
import { serializeExtensions } from '../protocol/handshake/headers.ts';
import type { DeflateAgreement } from '../protocol/permessage-deflate/negotiation.ts';

export interface Agreement {
  readonly url: string;
  /** The subprotocol, else empty. */
  readonly protocol: string;
  /** The extensions, as in the Sec-WebSocket-Extensions header, else empty. */
  readonly extensions: string;
  /** On a client, the headers of the answer. */
  readonly responseHeaders?: Readonly<Record<string, string>>;
}

/**
 * @param deflate permessage-deflate, where it was negotiated
 * @param latest is returned if it is the same
 */
export function agreementOf(
  url: string,
  protocol: string,
  deflate: DeflateAgreement | undefined,
  latest?: Agreement,
): Agreement {
  const extensions = deflate === undefined ? '' : serializeExtensions([deflate.extension]);
  if (latest?.url === url && latest.protocol === protocol && latest.extensions === extensions) return latest;
  return { url, protocol: copyOf(protocol), extensions };
}

/** A token (ASCII) in memory of its own: in V8 a text that was cut from a header keeps the whole header alive. */
function copyOf(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}
