/** What `authorize` decides about a request. */

import { Refusal, serializeRefusal } from '../protocol/handshake/refusal.ts';
import type { HeaderLines } from '../protocol/handshake/request.ts';
import { serializeGrantedHeaders } from '../protocol/handshake/server.ts';

/** The result of `authorize`: the data of the socket, alone or by {@link accept}; or a refusal by {@link refuse} or `false`. */
export type Verdict<Data> = Data | Acceptance<Data> | Refusal | false;

/** Headers by their names. A list is one line for each value, as several cookies need it. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[]>>;

/** What {@link accept} makes. */
export class Acceptance<Data> {
  readonly data: Data;
  readonly headers: HeaderLines;

  constructor(data: Data, headers: HeaderLines) {
    this.data = data;
    this.headers = headers;
  }
}

/**
 * Accepts a request in `authorize`, and adds headers to the 101 response. Without such headers, return the data alone.
 * @param data the socket's `data`
 * @param headers such as `Set-Cookie`. Browsers keep the cookies; a script never sees headers of a 101
 * @throws {UsageError} for headers of the handshake itself (`Upgrade`, `Sec-WebSocket-…`), headers about a body or the
 * connection, and what is no header
 */
export function accept<Data>(data: Data, headers: ResponseHeaders): Acceptance<Data> {
  const lines = headerLines(headers);
  serializeGrantedHeaders(lines); // throws here, where the mistake is
  return new Acceptance(data, lines);
}

/**
 * Refuses a request in `authorize`.
 * @param status an HTTP status, such as 401, 403 or 429
 * @param message one sentence for the body of the answer; 204, 205 and 304 have no body
 * @param headers more headers. With a `Content-Type` the message need not be plain text. @defaultValue none
 * @throws {UsageError} for a status that is not one of 200–599, headers about the body or the connection (`Content-Length`,
 * `Connection`, …), and what is no header
 */
export function refuse(status: number, message: string, headers: ResponseHeaders = {}): Refusal {
  const refusal = new Refusal(status, message, headerLines(headers));
  serializeRefusal(refusal); // throws here, where the mistake is
  return refusal;
}

function headerLines(headers: ResponseHeaders): HeaderLines {
  return Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
}
