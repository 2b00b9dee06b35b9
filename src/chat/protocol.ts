/** chat.v1, docs/chat-protocol.md: what a client may say, verified at the door. */
import type { Author, Draft } from './log/room-log.ts';
import { isRoomName } from './names.ts';
import type { Place } from './rooms/cursor.ts';

export const SUBPROTOCOL = 'chat.v1';

/** What a client has said, with fields of the right shapes and no others. */
export type Request =
  | { type: 'join'; room: string; after?: Place }
  | { type: 'leave'; room: string }
  | { type: 'typing'; room: string }
  | { type: 'history'; room: string; before: number; limit: number }
  | { type: 'say'; room: string; id: string; text: string; sealed?: true }
  | { type: 'edit'; room: string; id: string; target: number; targetId: string; text: string; sealed?: true }
  | { type: 'delete'; room: string; id: string; target: number; targetId: string };

/** Those that write into the log. */
export type Changing = Extract<Request, { id: string }>;

export type ErrorCode =
  | 'bad-message'
  | 'text-too-long'
  | 'too-fast'
  | 'too-many-rooms'
  | 'not-joined'
  | 'not-yours'
  | 'unavailable';

export interface ErrorDetails {
  readonly retryAfterMs?: number;
  /** Of a request that is none, as far as they are right. */
  readonly room?: string;
  readonly id?: string;
}

/** Why a request is refused, as the client is told. */
export class RequestError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

type Check = (value: unknown) => boolean;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const isText: Check = (value) => typeof value === 'string' && value !== '';
const isSeq: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const isRoom: Check = (value) => typeof value === 'string' && isRoomName(value);
const isUuid: Check = (value) => typeof value === 'string' && UUID.test(value);
const isTrue: Check = (value) => value === true;
/** Also of entries that programs have written. */
const isEntryId: Check = (value) => typeof value === 'string' && /^[!-~]{1,64}$/.test(value);
const isCursor: Check = (value) => {
  const { epoch, seq, id } = (value ?? {}) as Record<string, unknown>;
  if (id !== undefined && !isEntryId(id)) return false;
  return isEntryId(epoch) ? seq === 0 || isSeq(seq) : epoch === '' && seq === 0;
};

/** The fields of each type; those with `?` may be missing. */
const SHAPES: Readonly<Record<Request['type'], Readonly<Record<string, Check>>>> = {
  join: { room: isRoom, 'after?': isCursor },
  leave: { room: isRoom },
  typing: { room: isRoom },
  history: { room: isRoom, before: isSeq, limit: isSeq },
  say: { room: isRoom, id: isUuid, text: isText, 'sealed?': isTrue },
  edit: { room: isRoom, id: isUuid, target: isSeq, targetId: isEntryId, text: isText, 'sealed?': isTrue },
  delete: { room: isRoom, id: isUuid, target: isSeq, targetId: isEntryId },
};

/** By which a client knows its request. */
function knownBy({ room, id }: Record<string, unknown>): ErrorDetails {
  return { ...(isRoom(room) && { room: room as string }), ...(isUuid(id) && { id: id as string }) };
}

/** @throws {RequestError} `bad-message`, which names what is wrong */
export function parseRequest(message: string): Request {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    throw new RequestError('bad-message', 'this is not JSON');
  }
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const type = fields['type'];
  if (typeof type !== 'string' || !Object.hasOwn(SHAPES, type)) {
    throw new RequestError('bad-message', `type is none of ${Object.keys(SHAPES).join(', ')}`);
  }
  const request: Record<string, unknown> = { type };
  for (const [key, check] of Object.entries(SHAPES[type as Request['type']])) {
    const name = key.replace('?', '');
    if (name !== key && fields[name] === undefined) continue;
    if (!check(fields[name])) {
      throw new RequestError('bad-message', `${type}: ${name} is missing or wrong`, knownBy(fields));
    }
    request[name] = fields[name];
  }
  return request as Request;
}

/** @throws {RequestError} for a text that is too long, or not as the room has its texts */
export function verifyText(request: Changing, textBytes: number): void {
  if (!('text' in request)) return;
  if (Buffer.byteLength(request.text) > textBytes) {
    throw new RequestError('text-too-long', `a text has at most ${textBytes} bytes of UTF-8`);
  }
  if (request.room.startsWith('e-') !== (request.sealed === true)) {
    throw new RequestError('bad-message', 'texts are sealed in rooms that begin with e-, and only there');
  }
}

/** What a request asks to have written. */
export function draftOf({ type, ...fields }: Changing, author: Author): Draft {
  return { text: '', ...fields, author, kind: type === 'say' ? 'text' : type };
}
