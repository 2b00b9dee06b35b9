/** The chat: one HTTP server with the page at `/` and the WebSocket endpoint at `/chat`. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from '../index.ts';
import { Room } from './room.ts';
import { staticFiles } from './static-files.ts';

export interface ChatOptions {
  /** The folder of the page. */
  publicFolder: string;
  /** Sent with every file of that folder. @defaultValue none */
  headers?: Readonly<Record<string, string>>;
  /** Origins whose pages may connect besides this server's own. @defaultValue none */
  allowedOrigins?: readonly string[];
  /** Called with the Origin of each request that was refused because of it. */
  onForeignOrigin?(origin: string): void;
}

export interface Chat {
  /** Where it listens. */
  readonly address: AddressInfo;
  /** Says goodbye to everybody and stops. */
  close(): Promise<void>;
}

/** For the page that we ship: nothing from elsewhere, nothing inline. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
};

/** Long enough for anything that is typed or pasted into a chat. */
const MAX_MESSAGE_BYTES = 64 * 1024;
/** A member that is this far behind is let go, so that it costs the others nothing; its page comes back by itself. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** §7.4.1: "an endpoint that understands only text data" */
const UNSUPPORTED_DATA = 1003;

/** Starts the chat. Rejects when the address cannot be had. */
export async function startChat(options: ChatOptions, port: number, host: string): Promise<Chat> {
  const { publicFolder, headers = {}, allowedOrigins = [] } = options;
  const http = createServer(staticFiles(publicFolder, headers));
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, resolve);
  });
  const address = http.address() as AddressInfo;
  const room = new Room();
  const server = new WebSocketServer(
    {
      path: '/chat',
      allowedOrigins: [...allowedOrigins, ...ownOrigins(address)],
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxQueuedBytes: MAX_QUEUED_BYTES,
    },
    {
      open: (socket) => room.join(socket),
      message: (socket, data) => {
        if (typeof data === 'string') room.say(data);
        else socket.close(UNSUPPORTED_DATA, 'this chat speaks text');
      },
      close: (socket) => room.leave(socket),
      refused: (request: IncomingMessage, refusal) => {
        if (refusal.id === 'foreign-origin') options.onForeignOrigin?.(request.headers.origin ?? '');
      },
    },
  );
  server.attach(http);
  return {
    address,
    close: async () => {
      const stopped = new Promise((resolve) => http.close(resolve));
      await server.close();
      http.closeAllConnections();
      await stopped;
    },
  };
}

/**
 * On the loopback interface this server has three names, and a page opened by one may connect by another. They are
 * the same origin in all but spelling: same machine, same port.
 */
function ownOrigins({ address, port }: AddressInfo): string[] {
  if (address !== '127.0.0.1' && address !== '::1') return [];
  return ['localhost', '127.0.0.1', '[::1]'].map((host) => `http://${host}:${port}`);
}
