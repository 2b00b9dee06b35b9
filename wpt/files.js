// The HTTP server of the suite: its files, `.sub.js` with names and ports filled in, and the few scripts that pages ask.
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

/** @typedef {{ readonly ws: number, readonly wss: number }} Ports */

/**
 * What the templates of the suite say in braces.
 * @param {string} text
 * @param {Ports} ports
 */
export function filledIn(text, ports) {
  return text.replace(/\{\{([^}]*)\}\}/g, (whole, /** @type {string} */ name) => {
    if (name === 'host' || name === 'domains[]') return 'localhost';
    if (name.startsWith('hosts[alt]') || name.startsWith('domains[')) return '127.0.0.1';
    if (name.startsWith('ports[wss]') || name.startsWith('ports[h2]')) return String(ports.wss);
    return name.startsWith('ports[ws]') ? String(ports.ws) : whole;
  });
}

/**
 * @param {string} root
 * @param {Ports} ports
 */
export async function startFiles(root, ports) {
  /** @type {Map<string | null, string | null>} */
  const stash = new Map();
  /** @param {URL} url @returns {Promise<[number, string, Record<string, string>?]>} */
  async function answer({ pathname, searchParams }) {
    const key = searchParams.get('key');
    if (pathname.endsWith('/stash-put.py')) stash.set(key, searchParams.get('value'));
    if (pathname.endsWith('/stash-put.py')) return [200, 'OK'];
    if (pathname.endsWith('/stash-take.py')) {
      const value = stash.get(key) ?? null;
      stash.delete(key);
      return [200, JSON.stringify(value)];
    }
    if (pathname.endsWith('/redirect_response.py')) return [301, '', { Location: '/echo' }];
    const file = path.join(
      root,
      path.normalize(pathname.replace('WebIDLParser.js', 'webidl2/lib/webidl2.js')),
    );
    const bytes = await readFile(file).catch(() => undefined);
    if (bytes === undefined || !file.startsWith(root)) return [404, ''];
    const text = bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1'); // some pages are windows-1252
    return [200, pathname.includes('.sub.') ? filledIn(text, ports) : text];
  }
  const server = createServer(async (request, response) => {
    const [status, text, headers] = await answer(new URL(request.url ?? '', 'http://localhost'));
    response.writeHead(status, headers).end(text);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    origin: `http://localhost:${port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
