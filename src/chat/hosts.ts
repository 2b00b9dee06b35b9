/** The names that the chat goes by. */
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isAllowedHost } from '../index.ts';

/**
 * The names that everybody has on the loopback interface, and the one that was given to listen on. Without a port, for
 * the port may have been forwarded, by `ssh -L` for one; it is by its name that a stranger's page is known.
 */
export function ownHosts(host: string): string[] {
  return [...new Set(['localhost', '127.0.0.1', '[::1]', host.includes(':') ? `[${host}]` : host])];
}

/** Whether only this machine can connect, so that a stranger's page has to come by a name that is none of ours. */
export function isLoopback({ address }: AddressInfo): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(address);
}

/**
 * Lets a listener hear of the requests that name an allowed host; others get 421.
 * @param onForeignHost called with each Host that is not one
 */
export function onlyForHosts(
  allowedHosts: readonly string[] | undefined,
  listener: RequestListener,
  onForeignHost: (host: string) => void,
): RequestListener {
  return (request, response) => {
    const { host } = request.headers;
    if (isAllowedHost(host, allowedHosts)) {
      listener(request, response);
      return;
    }
    onForeignHost(host ?? '');
    // RFC 9110 §15.5.20: not configured to answer for the URI's authority.
    response.writeHead(421, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end('This chat does not answer to the name that you used; its log says how to change that.\n');
  };
}
