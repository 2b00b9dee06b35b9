/** The Sec-WebSocket-Extensions header as objects: `extension.parse` and `extension.format`. */
import { isTokenAt, Scanner } from './scanner.ts';

/** The parameters of one offer: all values of each, `true` for one without a value. */
export type Parameters = Record<string, (string | true)[]>;

/** What {@link format} takes of one offer. */
type Formattable = Record<string, unknown>;

/**
 * The offers of each extension, in the order of the header.
 * @throws {SyntaxError} for what does not follow the grammar (RFC 6455 §9.1)
 */
function parse(header: string): Record<string, Parameters[]> {
  const scanner = new Scanner(header);
  const offers: Record<string, Parameters[]> = Object.create(null);
  do {
    const name = scanner.token(';,');
    const parameters: Parameters = Object.create(null);
    while (scanner.skip(';')) {
      const parameter = scanner.token('=;,');
      add(parameters, parameter, scanner.skip('=') ? parameterValue(scanner) : true);
    }
    add(offers, name, parameters);
  } while (scanner.skip(','));
  return offers;
}

function add<T>(lists: Record<string, T[]>, name: string, item: T): void {
  lists[name] ??= [];
  lists[name].push(item);
}

/** A token, or a token in quotes. */
function parameterValue(scanner: Scanner): string {
  if (scanner.character !== '"') return scanner.tokenAtOnce(';,');
  scanner.at++;
  let value = '';
  while (scanner.character !== '"' || value === '') {
    scanner.skip('\\');
    if (!isTokenAt(scanner)) scanner.fail();
    value += scanner.character;
    scanner.at++;
  }
  scanner.at++;
  scanner.endOfToken(';,');
  return value;
}

/** The inverse of {@link parse}. */
function format(extensions: Record<string, Formattable | readonly Formattable[]>): string {
  return Object.entries(extensions)
    .flatMap(([name, offers]) => [offers].flat().map((offer) => [name, ...parametersOf(offer)].join('; ')))
    .join(', ');
}

function parametersOf(offer: Formattable): string[] {
  return Object.entries(offer).flatMap(([name, values]) =>
    [values].flat().map((value) => (value === true ? name : `${name}=${value}`)),
  );
}

export const extension: { readonly parse: typeof parse; readonly format: typeof format } = { parse, format };
