/** Uses what is public, and expects errors where types must refuse. Compiled by tarball.test.ts, and by old TypeScripts in CI. */
import {
  type CloseInfo,
  type Message,
  refuse,
  type SendOptions,
  type ServerOptions,
  type WebSocket,
  WebSocketServer,
} from 'barewire';
import { type ConnectionOptions, VIOLATIONS, type ViolationId } from 'barewire/protocol';

interface User {
  readonly name: string;
}

const server = new WebSocketServer<User>(
  { authorize: async ({ url }) => (url === '/' ? { name: 'Ada' } : refuse(401, 'no')) },
  {
    open: (socket) => void socket.send(socket.data.name),
    message: (socket: WebSocket<User>, data: Message) => void socket.send(data),
    close: (_socket, info: CloseInfo) => void info.received?.code,
  },
);
const uncopied: SendOptions = { copy: false };
new WebSocketServer(
  {},
  { bytes: (socket, data: Uint8Array, isText: boolean) => socket.send(data, { ...uncopied, text: isText }) },
);
for (const socket of server.sockets) {
  socket.addEventListener('close', (event) => event.wasClean satisfies boolean);
}
new WebSocketServer({}, async (socket) => {
  for await (const message of socket) message satisfies string | Uint8Array;
});
const id: ViolationId = 'invalid-utf8';
VIOLATIONS[id].closeCode satisfies 1007;
export const options: ConnectionOptions = { role: 'client', maxMessageBytes: 1 };

new WebSocketServer() satisfies WebSocketServer<undefined>;
new WebSocketServer({}, (socket) => void (socket.data satisfies undefined));
new WebSocketServer({ path: '/' }, { message: (socket) => void (socket.data satisfies undefined) });
new WebSocketServer<User | undefined>({}, (socket) => void socket.data?.name);
new WebSocketServer({ authorize: () => ({ name: 'Ada' }) }, (socket) => void socket.data.name);
new WebSocketServer(
  {
    async authorize({ url }) {
      return url === '/' ? { name: 'Ada' } : refuse(401, 'no');
    },
  },
  { open: (socket) => void socket.data.name },
) satisfies WebSocketServer<User>;
const typed: ServerOptions<User> = { authorize: () => ({ name: 'Ada' }) };
new WebSocketServer(typed, (socket) => void socket.data.name);

// @ts-expect-error without authorize there is no data
new WebSocketServer<User>();
// @ts-expect-error without authorize there is no data
new WebSocketServer<User>({});
// @ts-expect-error without authorize there is no data
new WebSocketServer({}, { open: (socket: WebSocket<User>) => void socket.data.name });
// @ts-expect-error without authorize there is no data
export const untyped: ServerOptions<User> = { path: '/' };
// @ts-expect-error there is no such option
new WebSocketServer({ port: 8080 });
// @ts-expect-error there is no such handler
new WebSocketServer({}, { mesage: () => {} });
// @ts-expect-error a message is a string or bytes
for (const socket of server.sockets) socket.send(5);
// @ts-expect-error there is no such policy
new WebSocketServer({ whenQueueIsFull: 'wait' });
// @ts-expect-error what authorize returns must be the data that was declared
new WebSocketServer<User>({ authorize: () => 5 });
