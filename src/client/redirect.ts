/** Redirects of the opening handshake, RFC 9110 §15.4: the new target, without secrets for another origin. */
import type { IncomingMessage } from 'node:http';
import { parseUrl, type Target } from './options.ts';

const REDIRECTS: readonly (number | undefined)[] = [301, 302, 303, 307, 308];

/** Headers with credentials. They are for the origin that they were given for, and no other. */
const SECRET_HEADERS = /^(authorization|cookie|proxy-authorization)$/i;

/** The same for TLS: client certificates, contexts and sessions, which may hold one, and shared secrets. */
const SECRET_TLS: readonly string[] = [
  'cert',
  'key',
  'pfx',
  'passphrase',
  'secureContext',
  'pskCallback',
  'session',
];

/** The target of a redirect; undefined when the answer is not a redirect, or one that must not be followed. */
export function redirected(target: Target, { statusCode, headers }: IncomingMessage): Target | undefined {
  const from = target.url;
  if (!REDIRECTS.includes(statusCode) || headers.location === undefined) return undefined;
  if (!URL.canParse(headers.location, from.href)) return undefined;
  const to = new URL(headers.location, from);
  to.hash = '';
  if (!/^(ws|http)s?:$/.test(to.protocol)) return undefined;
  const url = parseUrl(to);
  if (from.protocol === 'wss:' && url.protocol === 'ws:') return undefined;
  if (url.origin !== from.origin) return withoutSecrets({ ...target, url });
  if (url.username === '' && url.password === '') {
    url.username = from.username;
    url.password = from.password;
  }
  return { ...target, url };
}

function withoutSecrets({ url, subprotocols, options }: Target): Target {
  url.username = '';
  url.password = '';
  const tls = Object.fromEntries(Object.entries(options.tls).filter(([name]) => !SECRET_TLS.includes(name)));
  const headers = options.headers.filter(([name]) => !SECRET_HEADERS.test(name));
  return { url, subprotocols, options: { ...options, headers, tls } };
}
