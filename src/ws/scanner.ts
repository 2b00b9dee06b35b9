/** Reads a header of tokens from left to right. What it says of a mistake is what ws says. */
import { isToken } from '../protocol/index.ts';

export class Scanner {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The next character; empty at the end. */
  get character(): string {
    return this.text.charAt(this.at);
  }

  /** A token, with the white space before and after it. @param next what may follow */
  token(next: string): string {
    if (this.at > 0) this.#skipBlanks(); // ws takes none before the first one
    return this.tokenAtOnce(next);
  }

  /** As {@link token}, without white space before it. */
  tokenAtOnce(next: string): string {
    const start = this.at;
    while (isTokenAt(this)) this.at++;
    if (this.at === start) this.fail();
    const token = this.text.slice(start, this.at);
    this.endOfToken(next);
    return token;
  }

  /** Behind a token: white space only between it and what follows. */
  endOfToken(next: string): void {
    const end = this.at;
    this.#skipBlanks();
    const isBlank = this.at > end;
    if (
      this.character === '' ? isBlank : !next.includes(this.character) || (isBlank && this.character === '=')
    )
      this.fail();
  }

  /** Skips a character, if it comes next. @returns whether it did */
  skip(character: string): boolean {
    if (this.character !== character) return false;
    this.at++;
    return true;
  }

  /** @throws {SyntaxError} always */
  fail(): never {
    if (this.character === '') throw new SyntaxError('Unexpected end of input');
    throw new SyntaxError(`Unexpected character at index ${this.at}`);
  }

  #skipBlanks(): void {
    while (this.character === ' ' || this.character === '\t') this.at++;
  }
}

/** Whether the next character may be part of a token (RFC 9110 §5.6.2). */
export function isTokenAt({ character }: Scanner): boolean {
  return isToken(character);
}
