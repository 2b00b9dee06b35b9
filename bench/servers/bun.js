/** Bun's server, with WebSockets by uWebSockets in C++. It runs in Bun. */
import { isDeflate, isTopic, listens } from './tell.js';

/**
 * @typedef {string | Uint8Array} Data
 * @typedef {{ send(data: Data, compress: boolean): number, subscribe(topic: string): void }} Socket
 * @typedef {{ upgrade(request: Request): boolean, publish(topic: string, data: Data, compress: boolean): number }} Server
 * @typedef {{ open(socket: Socket): void, message(socket: Socket, data: Data): void }} Handlers
 * @typedef {Handlers & { perMessageDeflate: boolean | { compress: string, decompress: string } }} Options
 * @typedef {{ port: number, hostname: string, fetch(request: Request, server: Server): Response | undefined, websocket: Options }} ServeOptions
 */
const { serve } = /** @type {{ Bun: { serve(options: ServeOptions): Server & { port: number } } }} */ (
  /** @type {unknown} */ (globalThis)
).Bun;

/** Whether each connection keeps its context from message to message, in both directions; by default none does. */
const hasContext = process.argv.includes('context');

const server = serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 426 })),
  websocket: {
    perMessageDeflate: isDeflate && (hasContext ? { compress: 'dedicated', decompress: 'dedicated' } : true),
    open: (socket) => {
      if (isTopic) socket.subscribe('all');
    },
    message: isTopic
      ? (_sender, data) => void server.publish('all', data, isDeflate)
      : (socket, data) => void socket.send(data, isDeflate),
  },
});
listens(server.port);
