/** `/api/rooms/:room/messages` and `/search`: rooms over plain HTTP, for sensors, alerts and bots. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RoomLog } from '../log/room-log.ts';
import { type Answer, HttpError, jsonBody, jsonRoute, type Route, refuseTooFast } from './http.ts';
import { cleanName, isRoomName } from './names.ts';
import { addressOf, KeyedBuckets } from './rate-limit.ts';
import { isSame, type Sessions } from './sessions.ts';

export interface RestOptions {
  log: RoomLog;
  sessions: Sessions;
  /** With it one may read and post. Without one, nobody posts. */
  token: string | undefined;
  /** The most bytes of a text, in UTF-8. */
  textBytes: number;
  /** As for {@link jsonRoute}. */
  allowedOrigins: readonly string[];
}

const MANY = Number.MAX_SAFE_INTEGER;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The routes of rooms. */
export function rest(options: RestOptions): Route {
  const door = new Door(options);
  const messages = jsonRoute(/^\/api\/rooms\/([^/]*)\/messages$/, options.allowedOrigins, {
    GET: (request, room, query) => read(options, door.admitReader(request), roomOf(room), query),
    POST: (request, room) => post(options, door.admitWriter(request), roomOf(room)),
  });
  const found = jsonRoute(/^\/api\/rooms\/([^/]*)\/search$/, options.allowedOrigins, {
    GET: (request, room, query) => search(options, door.admitReader(request), roomOf(room), query),
  });
  return (request, response) => messages(request, response) || found(request, response);
}

/** Who may read and write, and how often. */
class Door {
  readonly #options: RestOptions;
  readonly #wrongTokens = new KeyedBuckets(10 / 900, 10);
  readonly #reads = new KeyedBuckets(20, 100);
  readonly #posts = new KeyedBuckets(10, 50);

  constructor(options: RestOptions) {
    this.#options = options;
  }

  /** @throws {HttpError} 401, 429 */
  admitReader(request: IncomingMessage): IncomingMessage {
    if (!this.#hasToken(request) && this.#options.sessions.of(request) === undefined) throw unauthorized();
    refuseTooFast(this.#reads.take(addressOf(request)));
    return request;
  }

  /** @throws {HttpError} 401, 403, 429 */
  admitWriter(request: IncomingMessage): IncomingMessage {
    const why = 'Nobody can post here: the chat was started without --api-token.';
    if (this.#options.token === undefined) throw new HttpError(403, 'no-token', why);
    if (!this.#hasToken(request)) throw unauthorized();
    refuseTooFast(this.#posts.take(addressOf(request)));
    return request;
  }

  #hasToken(request: IncomingMessage): boolean {
    const [, given] = /^Bearer +(.*)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (given === undefined) return false;
    refuseTooFast(this.#wrongTokens.take(addressOf(request)));
    if (this.#options.token === undefined || !isSame(given, this.#options.token)) throw unauthorized();
    this.#wrongTokens.giveBack(addressOf(request));
    return true;
  }
}

/** The entries after a number, or before one, or the last ones. */
async function read(
  { log }: RestOptions,
  { headers }: IncomingMessage,
  room: string,
  query: URLSearchParams,
): Promise<Answer> {
  const [limit, after, before] = [
    numberOf(query, 'limit', 50, 100),
    numberOf(query, 'after', 0),
    numberOf(query, 'before', MANY),
  ];
  const last = query.has('after') ? after + limit : (await log.read(room, 0, 0)).head;
  const to = Math.min(last, before - 1);
  const { epoch, floor, head, entries } = await log.read(
    room,
    query.has('after') ? after + 1 : Math.max(1, to - limit + 1),
    to,
  );
  const ETag = `"${encodeURIComponent(epoch)}-${head}-${entries[0]?.seq ?? 0}-${entries.at(-1)?.seq ?? 0}"`;
  const caching = { ETag, 'Cache-Control': 'private, no-cache', Vary: 'Cookie, Authorization' };
  const known = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(ETag) || known[0] === '*') return { status: 304, headers: caching };
  return { status: 200, body: { epoch, floor, head, entries }, headers: caching };
}

async function post(
  { log, textBytes }: RestOptions,
  request: IncomingMessage,
  room: string,
): Promise<Answer> {
  if (room.startsWith('e-')) throw new HttpError(403, 'encrypted', 'This room takes only what is encrypted.');
  const { text, id = randomUUID(), name = '' } = await jsonBody(request, 6 * textBytes + 1_024); // \u0000
  const author = name === '' ? '' : cleanName(name);
  if (author === undefined) throw bad('name');
  if (typeof id !== 'string' || !UUID.test(id)) throw bad('id');
  if (typeof text !== 'string' || text === '' || /\p{Cs}/u.test(text)) throw bad('text');
  if (Buffer.byteLength(text) > textBytes)
    throw new HttpError(413, 'text-too-long', `A text may have ${textBytes} bytes.`);
  const draft = { id, author: { id: 'api', name: author }, kind: 'text', text } as const;
  const { epoch, seq, at } = await log.append(room, draft);
  return { status: 201, body: { epoch, seq, at, id } };
}

async function search(
  { log }: RestOptions,
  _: IncomingMessage,
  room: string,
  query: URLSearchParams,
): Promise<Answer> {
  const words = (query.get('q') ?? '').trim();
  if (words === '' || words.length > 200) throw bad('q');
  if (log.search === undefined)
    throw new HttpError(501, 'no-search', 'This chat cannot search its messages.');
  const [before, limit] = [numberOf(query, 'before', MANY), numberOf(query, 'limit', 20, 50)];
  return { status: 200, body: { entries: await log.search(room, words, before, limit) } };
}

/** @throws {HttpError} 400 for what names no room, such as `..%2f` */
function roomOf(encoded: string): string {
  try {
    const room = decodeURIComponent(encoded);
    if (isRoomName(room)) return room;
  } catch {} // no UTF-8: it is answered below
  throw bad('room');
}

function numberOf(query: URLSearchParams, name: string, usual: number, most = MANY): number {
  const text = query.get(name);
  if (text === null) return usual;
  if (/^\d{1,15}$/.test(text) && Number(text) <= most) return Number(text);
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
    'This needs a session, or the token of the chat.',
    undefined,
    headers,
  );
}
