/** Requests that miss the WebSocket: plain ones for `/chat`, and WebSockets for other paths. */
import { refuse, type ServerOptions, type Verdict, WebSocketServer } from '../../index.ts';
import { type Route, targetOf } from './http.ts';

const EXPLANATION = `This is where the WebSocket of the chat is. A WebSocket client can connect to it, such as a browser with
new WebSocket('ws://localhost:8080/chat'). The page of the chat is at /.
`;

/** Answers plain requests for `/chat` with 426. */
export const upgradeRequired: Route = (request, response) => {
  if (targetOf(request).path !== '/chat') return false;
  const headers = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Content-Type': 'text/plain; charset=utf-8',
  };
  response.writeHead(426, headers).end(EXPLANATION);
  return true;
};

/** Refuses WebSockets at all paths that no other server has. To be attached to the same HTTP server, and closed. */
export function wrongPaths(
  allowedHosts: ServerOptions['allowedHosts'],
  onWrongPath: (path: string) => void,
): WebSocketServer {
  return new WebSocketServer({
    allowedHosts,
    allowedOrigins: '*', // foreign pages learn here what they learn from a 404
    authorize: (request): Verdict<undefined> => {
      onWrongPath(targetOf(request).path);
      return refuse(404, 'the WebSocket of this chat is at /chat');
    },
  });
}
