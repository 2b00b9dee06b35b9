/** Turns an HTTP answer that is not an upgrade into an error. */
import type { IncomingMessage } from 'node:http';
import { HandshakeError } from '../protocol/errors.ts';
import { type Offer, verifyResponse } from '../protocol/handshake/client.ts';
import type { HandshakeResponse } from '../protocol/handshake/request.ts';
import { limitTime } from '../transport/time-limit.ts';

/** How much of the body is kept, for the error. */
const MAX_BODY_BYTES = 1024;
/** How long to wait for it. The answer itself is there by then, and must not be lost to the opening timeout. */
const MAX_BODY_WAIT_MS = 1_000;

/**
 * Reads the beginning of the body, and ends the connection.
 * @returns the error to reject with: the reason of the abort, if there was one meanwhile
 */
export async function errorOfAnswer(
  response: IncomingMessage,
  offer: Offer,
  signal: AbortSignal,
): Promise<unknown> {
  const { statusCode: status } = response;
  const body = status === 101 ? '' : await readBody(response);
  response.destroy();
  if (signal.aborted) return signal.reason;
  return new HandshakeError(whyNot(response, offer), { status, headers: headersOf(response), body });
}

/** The headers by their names in lower case; repeated ones are joined by `, `. */
export function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );
}

/** A response of node:http for `verifyResponse`. */
export function handshakeResponse({ statusCode = 0, headers }: IncomingMessage): HandshakeResponse {
  return { status: statusCode, header: (name) => headers[name]?.toString() };
}

function whyNot(response: IncomingMessage, offer: Offer): string {
  const { statusCode: status, statusMessage } = response;
  try {
    // node:http takes a 101 without the headers of an upgrade for a plain response. The rules tell which one is missing.
    if (status === 101) verifyResponse(handshakeResponse(response), offer);
  } catch (error) {
    return (error as Error).message;
  }
  return `the server did not upgrade the connection, but answered ${status} ${statusMessage}`.trim();
}

/** The beginning of a body, as text. */
async function readBody(response: IncomingMessage): Promise<string> {
  let body = Buffer.alloc(0);
  const liftLimit = limitTime(MAX_BODY_WAIT_MS, () => response.destroy());
  try {
    for await (const chunk of response) {
      body = Buffer.concat([body, chunk]);
      if (body.length >= MAX_BODY_BYTES) break; // this ends the connection too
    }
  } catch {
    // The connection broke. What came before is kept.
  }
  liftLimit();
  return body.subarray(0, MAX_BODY_BYTES).toString();
}
