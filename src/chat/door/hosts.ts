/** The names that the chat answers to. */
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isAllowedHost } from '../../index.ts';

/**
 * The names of the loopback interface, and the host that the chat listens on. Without a port, because the port may have
 * been forwarded, for example by `ssh -L`. The name alone identifies a foreign page.
 */
export function ownHosts(host: string): string[] {
  return [...new Set(['localhost', '127.0.0.1', '[::1]', host.includes(':') ? `[${host}]` : host])];
}

/** The origins of pages under these names, as browsers write them: without the port, if it is that of the scheme. */
export function originsOf(
  hosts: readonly string[],
  port: number,
  scheme: 'http' | 'https' = 'http',
): string[] {
  const urls = hosts.map((host) => `${scheme}://${host}:${port}`).filter((url) => URL.canParse(url));
  return urls.map((url) => new URL(url).origin);
}

/** Whether only this machine can connect. A foreign page then has to use a name that is not one of ours. */
export function isLoopback({ address }: AddressInfo): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(address);
}

/** The host that a request is for: that of the target, if it is a whole URL, or else Host (RFC 9112 §3.2.2). */
export function hostOf({ url = '', headers }: IncomingMessage): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? headers.host;
}

/**
 * Passes requests that name an allowed host to a listener. Other requests get 421, and those with two Host lines 400.
 * @param onForeignHost called with each Host that is not allowed
 */
export function onlyForHosts(
  allowedHosts: readonly string[] | undefined,
  listener: RequestListener,
  onForeignHost: (host: string) => void,
): RequestListener {
  return (request, response) => {
    const host = hostOf(request);
    if ((request.headersDistinct['host'] ?? []).length > 1) {
      response.writeHead(400).end(); // RFC 9112 §3.2
      return;
    }
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
