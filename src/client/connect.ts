/** How a client gets its transport: by the user's function or agent, by Node's proxy, or by TCP and, for `wss:`, TLS. */
import http, { type Agent, type AgentOptions, type RequestOptions } from 'node:http';
import https from 'node:https';
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { HandshakeError, shown, UsageError } from '../protocol/errors.ts';
import type { Target } from './options.ts';

/** The options by which node:http makes the connection. Rejects if the user's function fails, or with an abort's reason. */
export async function connectOptions({ url, options }: Target, signal: AbortSignal): Promise<RequestOptions> {
  const secure = url.protocol === 'wss:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  if (options.createConnection !== undefined) {
    const transport = await transportOfUser(options.createConnection, url, signal);
    return { createConnection: () => transport };
  }
  if (options.agent !== undefined) return { ...options.tls, host, port, agent: options.agent };
  const proxied = proxyAgent(secure ? https : http);
  // Without the timeout, a proxy that does not answer would keep its connection.
  if (proxied !== undefined) {
    return { ...options.tls, host, port, agent: proxied, timeout: options.openingTimeoutMs };
  }
  if (!secure) return { createConnection: () => connectTcp({ host, port }) };
  const servername = isIP(host) === 0 ? host : '';
  return {
    createConnection: () =>
      connectTls({ host, port, servername, ALPNProtocols: ['http/1.1'], ...options.tls }),
  };
}

/** Options of an agent in versions of Node that know proxies. */
interface ProxyOptions extends AgentOptions {
  proxyEnv?: object | undefined;
}

/**
 * An agent for the proxy that Node was told to use (`NODE_USE_ENV_PROXY`, `http.setGlobalProxyFromEnv`), if it was. Not the
 * global agent itself, which may have a connection that its server is about to close.
 */
function proxyAgent({ globalAgent, Agent }: typeof http | typeof https): Agent | undefined {
  const { proxyEnv } = (globalAgent as { options?: ProxyOptions }).options ?? {};
  const options: ProxyOptions = { proxyEnv };
  return proxyEnv && new Agent(options);
}

export function unreachable({ host }: URL, error: Error): HandshakeError {
  // OpenSSL's words for an answer that is not TLS.
  const isPlain = /wrong version number|packet length too long/.test(error.message);
  const why = isPlain ? 'what answers there is not TLS: try ws: in place of wss:' : error.message;
  return new HandshakeError(`no connection to ${host}: ${why}`, {}, { cause: error });
}

/** The transport that the user's function makes. One that comes too late is closed. */
async function transportOfUser(
  createConnection: (url: URL) => Duplex | Promise<Duplex>,
  url: URL,
  signal: AbortSignal,
): Promise<Duplex> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  const connecting = (async () => createConnection(url))();
  try {
    const transport = await Promise.race([connecting, aborted]);
    if (typeof transport?.pipe !== 'function') {
      throw new UsageError(`createConnection must return a stream, got ${shown(transport)}`);
    }
    if (transport.destroyed) throw new UsageError('the stream that createConnection gave is closed');
    return transport;
  } catch (error) {
    connecting.then(
      (transport) => {
        if (typeof transport?.pipe === 'function') transport.on('error', () => {}).destroy();
      },
      () => {},
    );
    throw signal.aborted ? signal.reason : unreachable(url, error as Error);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
