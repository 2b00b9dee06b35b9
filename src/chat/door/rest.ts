/** `/api/rooms/:room/messages` and `/search`: rooms over plain HTTP, for sensors, alerts and bots. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RoomLog, Slice } from '../log/room-log.ts';
import {
  type Answer,
  HttpError,
  jsonBody,
  type Methods,
  type Route,
  refuseTooFast,
  respond,
  targetOf,
} from './http.ts';
import { cleanName, isRoomName } from './names.ts';
import { addressOf, KeyedBuckets } from './rate-limit.ts';
import { isSame, type Sessions } from './sessions.ts';

export interface RestOptions {
  log: RoomLog;
  sessions: Sessions;
  /** Whoever has it may read and post. Without one, nobody posts. */
  token?: string | undefined;
  /** Origins of pages that may use this, in addition to the server's own. */
  allowedOrigins: readonly string[];
  /** The most bytes of a text, in UTF-8. */
  textBytes: number;
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The routes of rooms. */
export function rest({ log, sessions, token, allowedOrigins, textBytes }: RestOptions): Route {
  const [wrongTokens, reads] = [new KeyedBuckets(10 / 900, 10), new KeyedBuckets(20, 100)];
  const posts = new KeyedBuckets(10, 50);

  const hasToken = (request: IncomingMessage): boolean => {
    const [, given] = /^Bearer +(.*)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (given === undefined) return false;
    refuseTooFast(wrongTokens.take(addressOf(request)));
    if (token === undefined || !isSame(given, token)) throw unauthorized();
    wrongTokens.giveBack(addressOf(request));
    return true;
  };
  const readAs = (request: IncomingMessage): void => {
    if (!hasToken(request) && sessions.of(request) === undefined) throw unauthorized();
    refuseTooFast(reads.take(addressOf(request)));
  };
  const post = async (request: IncomingMessage, room: string): Promise<Answer> => {
    if (token === undefined) {
      throw new HttpError(
        403,
        'no-token',
        'Nobody can post here, for the chat was started without --api-token.',
      );
    }
    if (!hasToken(request)) throw unauthorized();
    refuseTooFast(posts.take(addressOf(request)));
    if (room.startsWith('e-'))
      throw new HttpError(403, 'encrypted', 'This room takes only what is encrypted.');
    const { text, id = randomUUID(), name = '' } = await jsonBody(request, 6 * textBytes + 1_024); // \u0000
    const author = name === '' ? '' : cleanName(name);
    if (author === undefined || typeof id !== 'string' || !UUID.test(id)) throw bad('id or name');
    if (typeof text !== 'string' || text === '' || /\p{Cs}/u.test(text)) throw bad('text');
    if (Buffer.byteLength(text) > textBytes) {
      throw new HttpError(413, 'text-too-long', `A text may have ${textBytes} bytes.`);
    }
    const draft = { id, author: { id: 'api', name: author }, kind: 'text', text } as const;
    const { epoch, seq, at } = await log.append(room, draft);
    return { status: 201, body: { epoch, seq, at, id } };
  };
  const read = async (request: IncomingMessage, room: string, query: URLSearchParams): Promise<Answer> => {
    readAs(request);
    const { epoch, floor, head, entries } = await pageOf(log, room, query);
    const ETag = `"${encodeURIComponent(epoch)}-${head}-${entries[0]?.seq ?? 0}-${entries.at(-1)?.seq ?? 0}"`;
    const headers = { ETag, 'Cache-Control': 'private, no-cache', Vary: 'Cookie, Authorization' };
    const known = (request.headers['if-none-match'] ?? '')
      .split(',')
      .map((tag) => tag.trim().replace(/^W\//, ''));
    if (known.includes(ETag) || known[0] === '*') return { status: 304, headers };
    return { status: 200, body: { epoch, floor, head, entries }, headers };
  };
  const search = async (request: IncomingMessage, room: string, query: URLSearchParams): Promise<Answer> => {
    readAs(request);
    if (log.search === undefined)
      throw new HttpError(501, 'no-search', 'This chat cannot search its messages.');
    const words = (query.get('q') ?? '').trim();
    if (words === '' || words.length > 200) throw bad('q');
    const before = numberOf(query, 'before') ?? Number.MAX_SAFE_INTEGER;
    return { status: 200, body: { entries: await log.search(room, words, before, limitOf(query, 20, 50)) } };
  };
  return (request, response) => {
    const { path, query } = targetOf(request);
    const [, encoded, what] = /^\/api\/rooms\/([^/]*)\/(messages|search)$/.exec(path) ?? [];
    if (encoded === undefined) return false;
    const inRoom =
      (act: (request: IncomingMessage, room: string, query: URLSearchParams) => Promise<Answer>) => () =>
        act(request, roomOf(encoded), query);
    const methods: Methods =
      what === 'search' ? { GET: inRoom(search) } : { GET: inRoom(read), POST: inRoom(post) };
    void respond(request, response, allowedOrigins, methods);
    return true;
  };
}

/** The entries after a number, or before one, or the last ones. */
async function pageOf(log: RoomLog, room: string, query: URLSearchParams): Promise<Slice> {
  const limit = limitOf(query, 50, 100);
  const [after, before = Number.MAX_SAFE_INTEGER] = [numberOf(query, 'after'), numberOf(query, 'before')];
  if (after !== undefined) return await log.read(room, after + 1, Math.min(after + limit, before - 1));
  const { head } = await log.read(room, 0, 0);
  const to = Math.min(head, before - 1);
  return await log.read(room, Math.max(1, to - limit + 1), to);
}

/** @throws {HttpError} 400 for what names no room, such as `..%2f` */
function roomOf(encoded: string): string {
  try {
    const room = decodeURIComponent(encoded);
    if (isRoomName(room)) return room;
  } catch {} // no UTF-8: it is answered below
  throw bad('room');
}

function limitOf(query: URLSearchParams, usual: number, most: number): number {
  const limit = numberOf(query, 'limit') ?? usual;
  if (limit >= 1 && limit <= most) return limit;
  throw bad('limit');
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw bad(name);
}

function bad(what: string): HttpError {
  return new HttpError(400, 'bad-request', `The ${what} is missing or not of the right kind.`);
}

function unauthorized(): HttpError {
  const headers = { 'WWW-Authenticate': 'Bearer' };
  return new HttpError(
    401,
    'unauthorized',
    'This needs the token of the chat, or a session.',
    undefined,
    headers,
  );
}
