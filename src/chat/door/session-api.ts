/** `/api/session` and `/api/accounts`: sign in, see who one is, sign out. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Author } from '../log/room-log.ts';
import { cleanName } from '../names.ts';
import { KeyedBuckets } from '../rate-limit.ts';
import type { Accounts } from './accounts.ts';
import type { AddressOf } from './addresses.ts';
import { type Answer, HttpError, isSecure, jsonBody, jsonRoute, type Route, refuseTooFast } from './http.ts';
import { cookieLine, type Session, type Sessions } from './sessions.ts';

export interface SessionApiOptions {
  sessions: Sessions;
  /** Without them any name will do. */
  accounts: Accounts | undefined;
  addressOf: AddressOf;
  /** As for {@link jsonRoute}. */
  allowedOrigins: readonly string[];
  /** Ends a session. @throws {LogUnavailableError} if too many wait for a log that cannot be reached: it has ended only here */
  end(session: Session): Promise<void>;
}

/** The routes of sessions. */
export function sessionApi(options: SessionApiOptions): Route {
  const { sessions, accounts, addressOf, allowedOrigins } = options;
  const { mode } = sessions;
  const credentials = async (request: IncomingMessage): Promise<[string, string, string]> => {
    const { name, password } = await jsonBody(request);
    const clean = nameIn(name);
    if (typeof password === 'string' && /^\P{Cs}{8,256}$/su.test(password))
      return [clean, password, addressOf(request)];
    throw new HttpError(400, 'bad-password', 'A password has 8 to 256 characters.');
  };
  const nicknames = new KeyedBuckets(5, 100);
  const begin = (request: IncomingMessage, who: Author, status: number): Answer => {
    const known = sessions.of(request);
    const key = known?.user.id === who.id ? known.key : undefined; // so that signing out ends all of it
    const { user, expires, cookie } = sessions.issue(who, isSecure(request), key);
    return { status, body: { mode, user, expires }, headers: { 'Set-Cookie': cookie } };
  };
  const session = jsonRoute(/^\/api\/session$/, allowedOrigins, {
    GET: ({ request }) => {
      const known = sessions.of(request);
      if (known === undefined) return { status: 401, body: { mode } };
      return { status: 200, body: { mode, user: known.user, expires: known.expires } };
    },
    POST: async ({ request }) => {
      if (accounts !== undefined)
        return begin(request, await accounts.signIn(...(await credentials(request))), 200);
      refuseTooFast(nicknames.take(addressOf(request)));
      const name = nameIn((await jsonBody(request))['name']);
      // With another name one is still the same person.
      return begin(request, { id: sessions.of(request)?.user.id ?? randomUUID(), name }, 200);
    },
    DELETE: async ({ request }) => {
      const known = sessions.of(request);
      if (known !== undefined) await options.end(known);
      return { status: 204, headers: { 'Set-Cookie': cookieLine('', 0, isSecure(request)) } };
    },
  });
  const creation = jsonRoute(/^\/api\/accounts$/, allowedOrigins, {
    POST: async ({ request }) => {
      if (accounts === undefined) throw new HttpError(404, 'no-accounts', 'This chat has no accounts.');
      return begin(request, await accounts.create(...(await credentials(request))), 201);
    },
  });
  return (request, response) => session(request, response) || creation(request, response);
}

function nameIn(name: unknown): string {
  const clean = cleanName(name);
  if (clean !== undefined) return clean;
  throw new HttpError(400, 'bad-name', 'A name has 1 to 32 characters that can be seen.');
}
