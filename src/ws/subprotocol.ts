/** The Sec-WebSocket-Protocol header: `subprotocol.parse`. */
import { Scanner } from './scanner.ts';

/**
 * The subprotocols, in the order of the header.
 * @throws {SyntaxError} for what is no list of tokens, and for a token that comes twice
 */
function parse(header: string): Set<string> {
  const scanner = new Scanner(header);
  const names = new Set<string>();
  do {
    const name = scanner.token(',');
    if (names.has(name)) throw new SyntaxError(`The "${name}" subprotocol is duplicated`);
    names.add(name);
  } while (scanner.skip(','));
  return names;
}

export const subprotocol: { readonly parse: typeof parse } = { parse };
