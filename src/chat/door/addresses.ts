/** Where requests come from: what rates and connections are counted by. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** The address that a request is counted under. */
export type AddressOf = (request: IncomingMessage) => string;

/**
 * @param proxies how many reverse proxies stand in front of this server. Each has added the address that it was reached from to
 * `X-Forwarded-For`; what comes before those anybody may have written
 */
export function addressesBehind(proxies: number): AddressOf {
  return ({ socket, headers }) => {
    const forwarded = [headers['x-forwarded-for'] ?? ''].flat().join().split(',');
    const address = proxies === 0 ? '' : bare(forwarded.at(-proxies) ?? '');
    return shortened(isIP(address) ? address : (socket.remoteAddress ?? ''));
  };
}

/** Some proxies add a port: `203.0.113.7:443`, `[2001:db8::1]:443`. */
function bare(forwarded: string): string {
  const [, v6, v4] = /^\s*(?:\[(.*)\](?::\d+)?|([\d.]+):\d+)\s*$/.exec(forwarded) ?? [];
  return v6 ?? v4 ?? forwarded.trim();
}

/** Of IPv6 the first half: one customer has all addresses that begin with it. */
function shortened(address: string): string {
  if (address.includes('.')) return address.replace(/^::ffff:/i, '');
  const [head = '', tail] = address.replace(/%.*/, '').split('::') as [string, string?];
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = Array(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
