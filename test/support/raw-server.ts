/** A server made of bytes: for what no proper server can be made to do. It ends with the test. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { acceptKey } from 'barewire/protocol';
import { onTestFinished } from 'vitest';

/** A client that has come, and the head of its request. */
export interface Visit {
  readonly socket: Socket;
  readonly head: string;
  /** The good answer to this request, with more header lines. */
  readonly answer: (...lines: readonly string[]) => string;
}

/** @returns where it listens, as `host:port` */
export async function startRaw(onVisit: (visit: Visit) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let head = '';
    const onData = (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData).resume();
      onVisit({ socket, head, answer: (...lines) => goodAnswer(head, lines) });
    };
    socket.on('data', onData);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function goodAnswer(head: string, lines: readonly string[]): string {
  const key = /^sec-websocket-key: (.*)\r$/im.exec(head)?.[1] ?? '';
  const known = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptKey(key)}`];
  return ['HTTP/1.1 101 Switching Protocols', ...known, ...lines, '', ''].join('\r\n');
}
