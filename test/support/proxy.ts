/** An HTTP proxy for one test: tunnels by CONNECT, and forwards an upgrade in absolute form, RFC 9112 §3.2.2. */
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';

export interface Proxy {
  readonly port: number;
  readonly url: string;
  /** The request lines, without the version. */
  readonly requests: string[];
  /** The Proxy-Authorization of each, if there was one. */
  readonly authorizations: (string | undefined)[];
}

/**
 * @param targetPort where everything leads, whatever the name of the target
 * @param status what CONNECT is answered with
 */
export async function startProxy(targetPort: number, status = '200 OK'): Promise<Proxy> {
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const note = ({ method, url, headers }: IncomingMessage) => {
    requests.push(`${method} ${url}`);
    authorizations.push(headers['proxy-authorization']);
  };
  const server = createServer();
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request, client) => {
    note(request);
    if (!status.startsWith('2')) return client.end(`HTTP/1.1 ${status}\r\n\r\n`);
    const upstream = connect(targetPort, '127.0.0.1', () => {
      client.write(`HTTP/1.1 ${status}\r\n\r\n`);
      join(client, upstream);
    });
    return undefined;
  });
  server.on('upgrade', (request, client) => {
    note(request);
    const { pathname } = new URL(request.url!);
    const forwarded = httpRequest({
      agent: new Agent(),
      port: targetPort,
      path: pathname,
      headers: request.rawHeaders,
    });
    forwarded.on('upgrade', (answer, upstream) => {
      const lines = Array.from({ length: answer.rawHeaders.length / 2 }, (_, i) =>
        answer.rawHeaders.slice(2 * i, 2 * i + 2).join(': '),
      );
      client.write(['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n'));
      join(client, upstream);
    });
    forwarded.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, requests, authorizations };
}

function join(client: Duplex, upstream: Duplex): void {
  client.pipe(upstream).pipe(client);
  upstream.on('error', () => client.destroy());
  client.on('error', () => upstream.destroy());
}
