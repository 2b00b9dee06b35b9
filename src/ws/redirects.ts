/** Redirects that a client follows: how many, and what is not sent to another place. */
import type { ClientOptions, RequestOptions } from './client-options.ts';

export class Redirects {
  count = 0;
  readonly #options: ClientOptions;
  /** Of the first URL. */
  #place: string | undefined;
  #wasSecure = false;
  /** The Authorization of the first URL that had a user: later ones do not change it. */
  #authorization: string | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Counts a redirect. @returns whether it may be followed */
  mayFollow(): boolean {
    const { maxRedirects = 10 } = this.#options;
    return ++this.count <= maxRedirects;
  }

  /**
   * Changes the options of a request by what is known of those before it.
   * @param isWatched whether the user decides about headers, in 'redirect'
   */
  apply(url: URL, options: RequestOptions, isWatched: boolean): void {
    if (!this.#options.followRedirects) return;
    const place = `${url.protocol === 'ws+unix:' ? 'unix' : 'tcp'} ${options.socketPath ?? url.host}`;
    this.#place ??= place;
    if (this.count === 0) this.#wasSecure = url.protocol === 'wss:';
    options.headers = lowerCased(this.#options.headers, options.headers) as RequestOptions['headers'];
    if (this.#authorization !== undefined) options.headers['authorization'] ??= this.#authorization;
    const isElsewhere = place !== this.#place;
    const isForeign = isElsewhere || (this.#wasSecure && url.protocol !== 'wss:');
    if (this.count > 0 && !isWatched && isForeign) {
      delete options.headers['authorization'];
      delete options.headers['cookie'];
      if (isElsewhere) delete options.headers['host'];
      delete options.auth;
    }
    if (options.auth && options.headers['authorization'] === undefined) {
      this.#authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
      options.headers['authorization'] = this.#authorization;
    }
  }
}

/** The user's headers by names that can be looked up, and those of the handshake. */
function lowerCased(given: object | undefined, all: Record<string, unknown>): Record<string, unknown> {
  const own = new Set(Object.keys(given ?? {}));
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [own.has(name) ? name.toLowerCase() : name, value]),
  );
}
