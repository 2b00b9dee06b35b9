/** Redirects of the opening handshake, RFC 9110 §15.4: where to, and what stays behind. */
import type { IncomingMessage } from 'node:http';
import { parseUrl, type Target } from './client-options.ts';

const REDIRECTS: readonly (number | undefined)[] = [301, 302, 303, 307, 308];

/** What says who one is: nothing for another origin than that which it was given for. */
const SECRET_HEADERS = /^(authorization|cookie|proxy-authorization)$/i;

/** Where an answer leads, with all that may go there; undefined when it is no redirect, or one that is not followed. */
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
  const {
    cert: _cert,
    key: _key,
    pfx: _pfx,
    passphrase: _passphrase,
    secureContext: _,
    ...tls
  } = options.tls;
  const headers = options.headers.filter(([name]) => !SECRET_HEADERS.test(name));
  return { url, subprotocols, options: { ...options, headers, tls } };
}
