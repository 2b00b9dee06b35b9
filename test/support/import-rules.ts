/**
 * The rule of the architecture, as a function: imports point one way, between rooms and within the protocol. A room imports
 * itself and the rooms before it: protocol, publish, transport, client, socket, server; then index, chat, cli. The adapter for ws
 * knows no more than the public names.
 */
import { posix } from 'node:path';

const ROOMS = ['protocol', 'publish', 'transport', 'client', 'socket', 'server'];

function roomsUpTo(room: string): RegExp {
  return new RegExp(`^(node:.*|src/(${ROOMS.slice(0, ROOMS.indexOf(room) + 1).join('|')})/.*)$`);
}

/** What each place may import; the first match counts. Relative imports are given as paths from the root. */
const RULES: readonly [place: RegExp, allowed: RegExp][] = [
  [/^src\/protocol\/platform\/node\.ts$/, /^node:(buffer|crypto)$/],
  [/^src\/protocol\/platform\//, /^$/],
  // Leaves: a rule of the RFC each, which knows of nothing but errors, masking and bytes.
  [/^src\/protocol\/(errors|state|empty)\.ts$/, /^$/],
  [/^src\/protocol\/byte-buffer\.ts$/, /^src\/protocol\/empty\.ts$/],
  [/^src\/protocol\/bytes\.ts$/, /^src\/protocol\/(empty|errors)\.ts$/],
  [/^src\/protocol\/(mask|utf8)\.ts$/, /^#platform$/],
  [/^src\/protocol\/(close|frame)\.ts$/, /^(#platform|src\/protocol\/(bytes|errors|mask)\.ts)$/],
  [/^src\/protocol\/handshake\//, /^(#platform|src\/protocol\/errors\.ts|src\/protocol\/handshake\/.*)$/],
  [/^src\/protocol\/permessage-deflate\/negotiation\.ts$/, /^src\/protocol\/handshake\/headers\.ts$/],
  [
    /^src\/protocol\/permessage-deflate\//,
    /^(#platform|src\/protocol\/(byte-buffer|empty|errors)\.ts|src\/protocol\/permessage-deflate\/.*)$/,
  ],
  // The connection knows the leaves and not the handshake; they meet in the shell.
  [/^src\/protocol\/index\.ts$/, /^src\/protocol\//],
  [
    /^src\/protocol\//,
    /^(#platform|src\/protocol\/([^/]+|permessage-deflate\/(message-compression|deflate))\.ts)$/,
  ],
  // The two packages are optional, and loaded when they are needed.
  [/^src\/chat\/log\//, /^(node:.*|src\/chat\/log\/.*|libsql|@redis\/client)$/],
  [
    /^src\/chat\/rooms\//,
    /^(node:.*|src\/chat\/(rooms|log)\/.*|src\/chat\/(limits|rate-limit)\.ts|src\/index\.ts)$/,
  ],
  [
    /^src\/chat\/door\//,
    /^(node:.*|src\/chat\/(door|rooms|log)\/.*|src\/chat\/(names|rate-limit)\.ts|src\/index\.ts)$/,
  ],
  [/^src\/chat\//, /^(node:.*|src\/chat\/.*|src\/index\.ts)$/],
  [/^src\/ws\//, /^(node:.*|src\/ws\/.*|src\/(protocol\/)?index\.ts)$/],
  [/^src\/cli\//, /^(node:.*|src\/cli\/.*|src\/chat\/.*|src\/(protocol\/)?index\.ts)$/],
  [/^src\/publish\//, roomsUpTo('publish')],
  [/^src\/transport\//, roomsUpTo('transport')],
  [/^src\/client\//, roomsUpTo('client')],
  [/^src\/socket\//, roomsUpTo('socket')],
  [/^src\/server\//, roomsUpTo('server')],
  [/^src\/index\.ts$/, /^src\/(protocol|publish|transport|client|socket|server)\//],
];

/** `import … from '…'`, `export … from '…'`, `import '…'` at the beginning of a line, and `import('…')`. */
const STATIC_IMPORT =
  /^(?:import|export)\s+(?:type\s+)?(?:(?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?)?\s*from\s*)?'([^']+)'/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*'([^']+)'/g;

/** The imports of a source file, resolved where they are relative. */
export function importsOf(path: string, source: string): string[] {
  const specifiers = [...source.matchAll(STATIC_IMPORT), ...source.matchAll(DYNAMIC_IMPORT)].map(
    ([, name = '']) => name,
  );
  return specifiers.map((name) => (name.startsWith('.') ? posix.join(posix.dirname(path), name) : name));
}

/** Every import that breaks a rule, as `importer → imported`; sources by their path from the root. */
export function forbiddenImports(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([path, source]) => {
    const allowed = RULES.find(([place]) => place.test(path))?.[1] ?? /^$/;
    return importsOf(path, source)
      .filter((imported) => !allowed.test(imported))
      .map((imported) => `${path} → ${imported}`);
  });
}

/** A chain of imports that comes back to its beginning, if there is one. */
export function importCycle(sources: ReadonlyMap<string, string>): string[] | undefined {
  const done = new Set<string>();
  const visit = (path: string, chain: string[]): string[] | undefined => {
    if (chain.includes(path)) return [...chain.slice(chain.indexOf(path)), path];
    if (done.has(path) || !sources.has(path)) return undefined;
    for (const imported of importsOf(path, sources.get(path) ?? '')) {
      const cycle = visit(imported, [...chain, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of sources.keys()) {
    const cycle = visit(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
