/** `/api/rooms/:room/messages` and `/search`: rooms over plain HTTP, for sensors, alerts and bots. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { fitting } from '../log/drafts.ts';
import type { RoomLog } from '../log/room-log.ts';
import { cleanName, isRoomName } from '../names.ts';
import { KeyedBuckets } from '../rate-limit.ts';
import type { AddressOf } from './addresses.ts';
import {
  type Answer,
  type Asked,
  HttpError,
  jsonBody,
  jsonRoute,
  type Route,
  refuseTooFast,
} from './http.ts';
import { isSame, type Sessions } from './sessions.ts';

export interface RestOptions {
  log: RoomLog;
  sessions: Sessions;
  addressOf: AddressOf;
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
  const { log, sessions, addressOf, token, textBytes, allowedOrigins } = options;
  const [wrongTokens, reads, posts] = [
    new KeyedBuckets(10 / 900, 10),
    new KeyedBuckets(20, 100),
    new KeyedBuckets(10, 50),
  ];
  const hasToken = (request: IncomingMessage, address: string): boolean => {
    const [, given] = /^Bearer +(.*)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (given === undefined) return false;
    if (token !== undefined && isSame(given, token)) return true;
    refuseTooFast(wrongTokens.take(address)); // not before: others may share the address
    throw unauthorized();
  };
  /** Lets in who may read; who posts needs the token. @returns the room */
  const admit = ({ request, part }: Asked, isPost = false): string => {
    const why = 'Nobody can post here: the chat was started without --api-token.';
    if (isPost && token === undefined) throw new HttpError(403, 'no-token', why);
    const address = addressOf(request);
    if (!hasToken(request, address) && (isPost || sessions.of(request) === undefined)) throw unauthorized();
    refuseTooFast((isPost ? posts : reads).take(address));
    return roomOf(part);
  };
  const messages = jsonRoute(/^\/api\/rooms\/([^/]*)\/messages$/, allowedOrigins, {
    GET: (asked) => read(log, admit(asked), asked),
    POST: (asked) => post(log, admit(asked, true), asked, textBytes),
  });
  const found = jsonRoute(/^\/api\/rooms\/([^/]*)\/search$/, allowedOrigins, {
    GET: (asked) => search(log, admit(asked), asked),
  });
  return (request, response) => messages(request, response) || found(request, response);
}

/** The entries after a number, or before one, or the last ones. */
async function read(log: RoomLog, room: string, { request, query }: Asked): Promise<Answer> {
  const limit = numberOf(query, 'limit', 50, 100);
  const after = query.has('after') ? numberOf(query, 'after', 0) : undefined;
  const last = after === undefined ? (await log.read(room, 0, 0)).head : after + limit;
  const to = Math.min(last, numberOf(query, 'before', MANY) - 1);
  const slice =
    after === undefined
      ? log.read(room, Math.max(0, to - limit) + 1, to, 'last')
      : log.read(room, after + 1, to, 'first');
  const { epoch, floor, head, entries } = await slice;
  const { seq: lastSeq = 0, id = '' } = entries.at(-1) ?? {}; // a log that lost its end uses numbers again
  const ETag = `"${encodeURIComponent(`${epoch}-${head}-${entries[0]?.seq ?? 0}-${lastSeq}-${id}`)}"`;
  const headers = { ETag, 'Cache-Control': 'private, no-cache', Vary: 'Cookie, Authorization, Origin' };
  const known = (request.headers['if-none-match'] ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(ETag) || known[0] === '*') return { status: 304, headers };
  return { status: 200, body: { epoch, floor, head, entries }, headers };
}

async function post(log: RoomLog, room: string, { request }: Asked, textBytes: number): Promise<Answer> {
  if (room.startsWith('e-')) throw new HttpError(403, 'encrypted', 'This room takes only what is encrypted.');
  const { text, id = randomUUID(), name = '' } = await jsonBody(request, 6 * textBytes + 1_024); // \u0000
  const author = name === '' ? '' : cleanName(name);
  if (author === undefined) throw bad('name');
  if (typeof id !== 'string' || !UUID.test(id)) throw bad('id');
  if (typeof text !== 'string' || text === '' || /\p{Cs}/u.test(text)) throw bad('text');
  if (Buffer.byteLength(text) > textBytes)
    throw new HttpError(413, 'text-too-long', `A text may have ${textBytes} bytes.`);
  const { epoch, seq, at } = await log.append(room, {
    id,
    author: { id: 'api', name: author },
    kind: 'text',
    text,
  });
  return { status: 201, body: { epoch, seq, at, id } };
}

async function search(log: RoomLog, room: string, { query }: Asked): Promise<Answer> {
  const words = (query.get('q') ?? '').trim();
  if (words === '' || words.length > 200) throw bad('q');
  if (log.search === undefined)
    throw new HttpError(501, 'no-search', 'This chat cannot search its messages.');
  const [before, limit] = [numberOf(query, 'before', MANY), numberOf(query, 'limit', 20, 50)];
  const found = await log.search(room, words, before, limit);
  const entries = fitting(found, 'first', ({ text }) => Buffer.byteLength(text));
  return { status: 200, body: { entries } };
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
