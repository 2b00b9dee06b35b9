/** Sessions: a signed cookie says who somebody is, until when. */
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Author } from '../log/room-log.ts';

export interface Session {
  readonly user: Author;
  /** In milliseconds since 1970. */
  readonly expires: number;
  /** Names this session, also under another name of the user. Not a secret. */
  readonly key: string;
}

const COOKIE = 'barewire-session';
const THIRTY_DAYS_MS = 30 * 24 * 60 * 60 * 1_000;
/** How many sessions are kept as revoked. Beyond it, those revoked first are forgotten. */
const MAX_REVOKED = 100_000;

/** Issues, reads and revokes session cookies. Nothing is stored but what was revoked: {@link Revocations} tells others of it. */
export class Sessions {
  readonly mode: 'nickname' | 'accounts';
  /** Called with the key of each session that is revoked. */
  onRevoked: (key: string) => void = () => {};
  readonly #key: Buffer;
  readonly #lifetimeMs: number;
  readonly #now: () => number;
  /** Keys of sessions, and when the last of their cookies expires. */
  readonly #revoked = new Map<string, number>();

  /**
   * @param secret the same in all processes that serve the same people: {@link secretIn}
   * @param mode cookies of one are void in the other: a nickname is not an account
   * @param lifetimeMs of a session; 30 days by default
   * @param now milliseconds since 1970
   */
  constructor(
    secret: string,
    mode: Sessions['mode'],
    lifetimeMs: number = THIRTY_DAYS_MS,
    now: () => number = Date.now,
  ) {
    this.mode = mode;
    this.#key = createHmac('sha256', secret).update(`${COOKIE} ${mode}`).digest();
    this.#lifetimeMs = lifetimeMs;
    this.#now = now;
  }

  /**
   * Begins a session, or goes on with one.
   * @param isSecure whether the browser speaks TLS
   * @param key that of the session that goes on
   * @returns it, and the line for Set-Cookie
   */
  issue(user: Author, isSecure = false, key: string = randomUUID()): Session & { readonly cookie: string } {
    const expires = this.#now() + this.#lifetimeMs;
    const content = `${user.id}.${Buffer.from(user.name).toString('base64url')}.${expires}.${key}`;
    const cookie = cookieLine(`${content}.${this.#sign(content)}`, this.#lifetimeMs, isSecure);
    return { user, expires, key, cookie };
  }

  /** The session of a request; undefined if its cookie is missing, forged, expired or revoked. */
  of({ headers }: Pick<IncomingMessage, 'headers'>): Session | undefined {
    for (const pair of (headers.cookie ?? '').split(';')) {
      const cookie = pair.trim();
      const session = cookie.startsWith(`${COOKIE}=`)
        ? this.#read(cookie.slice(COOKIE.length + 1))
        : undefined;
      if (session !== undefined) return session;
    }
    return undefined;
  }

  /**
   * Ends a session with all its cookies, in this process, and calls {@link onRevoked}.
   * @param at when it ended; now by default
   */
  revoke(key: string, at: number = this.#now()): void {
    const now = this.#now();
    if (this.#revoked.has(key) || at + this.#lifetimeMs <= now) return;
    for (const [oldest, until] of this.#revoked) {
      if (until > now && this.#revoked.size < MAX_REVOKED) break;
      this.#revoked.delete(oldest);
    }
    this.#revoked.set(key, at + this.#lifetimeMs);
    this.onRevoked(key);
  }

  #read(token: string): Session | undefined {
    const [id = '', name = '', expires = '', key = '', signature = '', ...more] = token.split('.');
    const content = `${id}.${name}.${expires}.${key}`;
    if (more.length > 0 || !isSame(signature, this.#sign(content))) return undefined;
    if (Number(expires) <= this.#now() || this.#revoked.has(key)) return undefined;
    return { user: { id, name: Buffer.from(name, 'base64url').toString() }, expires: Number(expires), key };
  }

  #sign(content: string): string {
    return createHmac('sha256', this.#key).update(content).digest('base64url');
  }
}

/** The line for Set-Cookie. @param token empty to take the cookie away */
export function cookieLine(token: string, lifetimeMs: number, isSecure: boolean): string {
  const attributes = `Path=/; Max-Age=${Math.floor(lifetimeMs / 1_000)}; HttpOnly; SameSite=Lax`;
  return `${COOKIE}=${token}; ${attributes}${isSecure ? '; Secure' : ''}`;
}

/** Compares in a time that tells nothing about what is expected. */
export function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
