/** Plain requests for `/chat`. */
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
