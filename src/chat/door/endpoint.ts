/** Plain requests for `/chat`. */
import type { IncomingMessage } from 'node:http';
import { hostOf } from './hosts.ts';
import { isSecure, type Route, targetOf } from './http.ts';

/** What a host and a port may be made of, and nothing that a quote or a terminal would care about. */
const PLAIN = /^[\w.:[\]-]{1,260}$/;

/** Answers plain requests for `/chat` with 426. */
export const upgradeRequired: Route = (request, response) => {
  if (targetOf(request).path !== '/chat') return false;
  const headers = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Content-Type': 'text/plain; charset=utf-8',
  };
  response.writeHead(426, headers).end(
    `This is where the WebSocket of the chat is. A WebSocket client can connect to it, such as a browser with
new WebSocket('${socketUrl(request)}'). The page of the chat is at /.
`,
  );
  return true;
};

/** The URL of the WebSocket, as the client has called this server. Only the path, where it has called it by what is no host. */
function socketUrl(request: IncomingMessage): string {
  const s = isSecure(request) ? 's' : '';
  const host = hostOf(request) ?? '';
  const url = `ws${s}://${host}/chat`;
  return PLAIN.test(host) && URL.canParse(url) ? url : '/chat';
}
