/** Types that both ends of the opening handshake use. */

/** An HTTP request as the handshake sees it. */
export interface HandshakeRequest {
  readonly method: string;
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
