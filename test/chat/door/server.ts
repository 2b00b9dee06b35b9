/** A server with the routes of the door, and a client that sends it what no browser would. */
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Route } from '../../../src/chat/door/http.ts';

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON, of which a test says what it has. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test compares
  readonly json: any;
}

export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: OutgoingHttpHeaders,
) => Promise<Got>;

/** Serves routes, one after the other. What none of them takes gets 404 without a body. */
export async function serve(...routes: Route[]): Promise<{ port: number; ask: Ask }> {
  const server = createServer((incoming, response) => {
    if (!routes.some((route) => route(incoming, response))) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { port, ask: (...parameters) => send(port, ...parameters) };
}

/** @param body bytes and strings as they are; anything else as JSON */
function send(port: number, method: string, path: string, body?: unknown, headers: OutgoingHttpHeaders = {}) {
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = body === undefined || isRaw ? body : JSON.stringify(body);
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
  return new Promise<Got>((resolve, reject) => {
    const options = { port, host: '127.0.0.1', method, path, agent: false, headers: { ...type, ...headers } };
    const asked = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const isJson = response.headers['content-type']?.startsWith('application/json') && text !== '';
        const json = isJson ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
      });
    });
    asked.on('error', reject);
    asked.end(bytes);
  });
}

/** What a browser sends back of a Set-Cookie line. */
export function cookieOf({ headers }: Got): string {
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}
