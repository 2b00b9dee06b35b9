/** `/api/session` and `/api/accounts`: sign in, see who one is, sign out. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Author } from '../log/room-log.ts';
import type { Accounts } from './accounts.ts';
import {
  type Answer,
  HttpError,
  isSecure,
  jsonBody,
  type Methods,
  type Route,
  refuseTooFast,
  respond,
  targetOf,
} from './http.ts';
import { cleanName } from './names.ts';
import { addressOf, KeyedBuckets } from './rate-limit.ts';
import { cookieLine, type Sessions } from './sessions.ts';

export interface SessionApiOptions {
  sessions: Sessions;
  /** With accounts one signs in with a password; without them any name will do. */
  accounts?: Accounts | undefined;
  /** Origins of pages that may use this, in addition to the server's own. */
  allowedOrigins: readonly string[];
}

/** The routes of sessions. */
export function sessionApi({ sessions, accounts, allowedOrigins }: SessionApiOptions): Route {
  const nicknames = new KeyedBuckets(5, 100);
  const { mode } = sessions;
  const begin = (request: IncomingMessage, who: Author, status: number): Answer => {
    const { user, expires, cookie } = sessions.issue(who, isSecure(request));
    return { status, body: { mode, user, expires }, headers: { 'Set-Cookie': cookie } };
  };
  const nickname = async (request: IncomingMessage): Promise<Author> => {
    refuseTooFast(nicknames.take(addressOf(request)));
    const name = cleanName((await jsonBody(request))['name']);
    if (name === undefined) throw badName();
    return { id: sessions.of(request)?.user.id ?? randomUUID(), name }; // another name, the same person
  };
  const credentials = async (request: IncomingMessage): Promise<[string, string, string]> => {
    const { name, password } = await jsonBody(request);
    const clean = cleanName(name);
    if (clean === undefined) throw badName();
    if (isPassword(password)) return [clean, password, addressOf(request)];
    throw new HttpError(400, 'bad-password', 'A password has 8 to 256 characters.');
  };
  const ofSession = (request: IncomingMessage): Methods => ({
    GET: () => {
      const session = sessions.of(request);
      if (session === undefined) return { status: 401, body: { mode } };
      return { status: 200, body: { mode, user: session.user, expires: session.expires } };
    },
    POST: async () => {
      const user = accounts ? accounts.signIn(...(await credentials(request))) : nickname(request);
      return begin(request, await user, 200);
    },
    DELETE: () => {
      const session = sessions.of(request);
      if (session !== undefined) sessions.revoke(session);
      return { status: 204, headers: { 'Set-Cookie': cookieLine('', 0, isSecure(request)) } };
    },
  });
  const ofAccounts = (request: IncomingMessage): Methods => ({
    POST: async () => {
      if (accounts === undefined) throw new HttpError(404, 'no-accounts', 'This chat has no accounts.');
      return begin(request, await accounts.create(...(await credentials(request))), 201);
    },
  });
  return (request, response) => {
    const { path } = targetOf(request);
    if (path !== '/api/session' && path !== '/api/accounts') return false;
    const methods = path === '/api/session' ? ofSession(request) : ofAccounts(request);
    void respond(request, response, allowedOrigins, methods);
    return true;
  };
}

function badName(): HttpError {
  return new HttpError(400, 'bad-name', 'A name has 1 to 32 characters that can be seen.');
}

function isPassword(password: unknown): password is string {
  if (typeof password !== 'string' || /\p{Cs}/u.test(password)) return false;
  const { length } = [...password];
  return length >= 8 && length <= 256;
}
