/** What both ends of the opening handshake use. */

/** An HTTP request as the handshake sees it. */
export interface HandshakeRequest {
  readonly method: string;
  /** The request target as it was sent: `/chat`, or `http://example.com/chat`. */
  readonly target: string;
  /** The version after `HTTP/`: `1.1`. */
  readonly httpVersion: string;
  /** The value of a header by its name in lower case; the values of a header that came more than once are joined by `, `. */
  header(name: string): string | undefined;
}

/** An HTTP response as the handshake sees it. */
export interface HandshakeResponse {
  readonly status: number;
  /** As in {@link HandshakeRequest}. */
  header(name: string): string | undefined;
}

/** Headers in the order in which they are written. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** What an absolute-form target has before its path (RFC 9112 §3.2.2): scheme and authority. */
export const ABSOLUTE_FORM: RegExp = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i;

/** The authority of an absolute-form target, such as `example.com:8080`; undefined for any other target. */
export function authorityOf(target: string): string | undefined {
  return ABSOLUTE_FORM.exec(target)?.[1];
}

/** Whether a text is `uri-host [ ":" port ]` (RFC 9112 §3.2), and the host is not empty (RFC 9110 §4.2.1). */
export function isHost(text: string): boolean {
  return /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d*)?$/i.test(text);
}
