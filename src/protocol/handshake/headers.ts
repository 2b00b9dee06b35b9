/**
 * The grammar of headers: lists of tokens (RFC 9110 §5.6) and of extensions (RFC 6455 §9.1), and lines to be written. Each
 * character of a list is scanned once, because the values cannot be trusted.
 */
import { UsageError } from '../errors.ts';
import type { HeaderLines } from './request.ts';

/** An extension in a header. A parameter without a value is `true`. */
export interface Extension {
  readonly name: string;
  readonly parameters: readonly ExtensionParameter[];
}

/** In the order of the header, with duplicates: each extension has its own rule for those. */
export type ExtensionParameter = readonly [name: string, value: string | true];

/** RFC 9110 §5.6.2: `1*tchar`. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** The same, beginning at `lastIndex`. */
const TOKEN_HERE = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;

/** Whether a text is a token (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** The elements of a comma-separated list, without the white space around them; empty elements are left out. */
function listElements(value: string): string[] {
  return value
    .split(',')
    .map(trimBlanks)
    .filter((element) => element !== '');
}

/** The tokens of a comma-separated list, or undefined if one of them is not a token or there is none. */
export function parseTokenList(value: string): string[] | undefined {
  const tokens = listElements(value);
  return tokens.length > 0 && tokens.every(isToken) ? tokens : undefined;
}

/** Whether a comma-separated list has the element `token`, which is given in lower case, in any case. */
export function hasToken(value: string | undefined, token: string): boolean {
  if (value === undefined) return false;
  return isSameToken(value, token) || listElements(value).some((element) => isSameToken(element, token));
}

/** The text must be ASCII: the lower case of some other letters is an ASCII letter. */
function isSameToken(text: string, token: string): boolean {
  return text.length === token.length && text.toLowerCase() === token && isToken(text);
}

/** RFC 9110 §5.6.3: white space is spaces and tabs, nothing else. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

/** The extensions of a Sec-WebSocket-Extensions value (§9.1), or undefined if it does not follow the grammar. */
export function parseExtensions(value: string): Extension[] | undefined {
  return new ExtensionScanner(value).scan();
}

/** The inverse of {@link parseExtensions}. */
export function serializeExtensions(extensions: readonly Extension[]): string {
  return extensions
    .map(({ name, parameters }) => [name, ...parameters.map(serializeParameter)].join('; '))
    .join(', ');
}

function serializeParameter([name, value]: ExtensionParameter): string {
  return value === true ? name : `${name}=${value}`;
}

class ExtensionScanner {
  readonly #value: string;
  #at = 0;

  constructor(value: string) {
    this.#value = value;
  }

  /** extension-list = 1#extension */
  scan(): Extension[] | undefined {
    const extensions: Extension[] = [];
    do {
      this.#skipBlanks();
      if (this.#isAtEnd() || this.#value[this.#at] === ',') continue; // an empty element
      const extension = this.#extension();
      if (extension === undefined) return undefined;
      extensions.push(extension);
    } while (this.#skip(','));
    return this.#isAtEnd() && extensions.length > 0 ? extensions : undefined;
  }

  /** extension = extension-token *( ";" extension-param ) */
  #extension(): Extension | undefined {
    const name = this.#token();
    if (name === undefined) return undefined;
    const parameters: ExtensionParameter[] = [];
    while (this.#skip(';')) {
      const parameter = this.#parameter();
      if (parameter === undefined) return undefined;
      parameters.push(parameter);
    }
    return { name, parameters };
  }

  /** extension-param = token [ "=" (token | quoted-string) ]; a quoted value must be a token too. */
  #parameter(): ExtensionParameter | undefined {
    const name = this.#token();
    if (name === undefined) return undefined;
    if (!this.#skip('=')) return [name, true];
    this.#skipBlanks();
    const value = this.#value[this.#at] === '"' ? this.#quoted() : this.#token();
    return value === undefined || !isToken(value) ? undefined : [name, value];
  }

  #token(): string | undefined {
    this.#skipBlanks();
    TOKEN_HERE.lastIndex = this.#at;
    const token = TOKEN_HERE.exec(this.#value)?.[0];
    this.#at += token?.length ?? 0;
    return token;
  }

  /** quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE (RFC 9110 §5.6.4), without its quotes. */
  #quoted(): string | undefined {
    let text = '';
    for (this.#at++; !this.#isAtEnd(); this.#at++) {
      if (this.#value[this.#at] === '"') {
        this.#at++;
        return text;
      }
      if (this.#value[this.#at] === '\\') this.#at++;
      text += this.#value[this.#at] ?? '';
    }
    return undefined;
  }

  /** Skips white space, and then `character` if it is next. @returns whether it was */
  #skip(character: string): boolean {
    this.#skipBlanks();
    if (this.#value[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    while (isBlank(this.#value[this.#at])) this.#at++;
  }

  #isAtEnd(): boolean {
    return this.#at >= this.#value.length;
  }
}

/** Headers that say where a message ends, or belong to one connection (RFC 9110 §7.6.1, §8.6, RFC 9112 §6). */
const FRAMING_HEADERS =
  /^(connection|content-length|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;

/** Header lines that the application gives. @throws {UsageError} for one that it may not set, or that is none */
export function serializeOwnHeaders(headers: HeaderLines, reserved?: RegExp): string[] {
  return headers.map(([name, value]) => {
    if (FRAMING_HEADERS.test(name) || reserved?.test(name) === true)
      throw new UsageError(`the handshake itself decides about the header ${name}`);
    return serializeHeader(name, value);
  });
}

/** A header on one line: a CR or LF in it would begin another header (RFC 9110 §5.5). */
export function serializeHeader(name: string, value: string): string {
  if (!isToken(name)) throw new UsageError(`${JSON.stringify(name)} is not a header name`);
  if (typeof value !== 'string' || !/^[\t\x20-\x7e]*$/.test(value))
    throw new UsageError(`the value of ${name} has a character no header may have`);
  return `${name}: ${value}`;
}
