/**
 * Where barewire and the Receiver of `ws` are known to differ, and why. A difference is allowed only where its check
 * shows that it is exactly that; docs/conformance.md lists them by these names.
 */
import { constants, inflateRawSync } from 'node:zlib';
import { describeMessage } from '../protocol/endpoint.ts';
import { concat } from '../support/vectors.ts';
import {
  framesOf,
  messagesOf,
  type RawMessage,
  withMinimalLength,
  withWholeFrame,
  withWholeMessage,
} from './frames.ts';
import {
  type OurReading,
  type Reading,
  readOurs,
  readOursByByte,
  readTheirs,
  type Setting,
} from './readers.ts';

interface Difference {
  readonly bytes: Uint8Array;
  readonly setting: Setting;
  readonly ours: OurReading;
  readonly theirs: Reading;
}

/** @returns whether the two readings differ for this reason, and for no other */
type Check = (difference: Difference) => boolean | Promise<boolean>;

/** RFC 7692 §7.2.2: what a receiver adds to each message. */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
/** A last block that says X. */
const MARK = Uint8Array.of(0x01, 0x01, 0x00, 0xfe, 0xff, 0x58);

export const DIFFERENCES = {
  /** A length that is not in the fewest bytes fails the connection; `ws` reads it. With it in the fewest, both agree. */
  'minimal lengths': async ({ bytes, setting, ours, theirs }) => {
    if (ours.violation !== 'length-not-minimal') return false;
    const frame = framesOf(bytes).find(({ lengthBytes, length }) =>
      lengthBytes === 2 ? length < 126n : lengthBytes === 8 && length < 0x1_0000n,
    );
    if (frame === undefined) return theirs.failure === undefined && isBeginning(ours, theirs); // its masking key is missing
    const repaired = withMinimalLength(bytes, frame);
    const theirsRepaired = await readTheirs(repaired, [], setting);
    if (!isSame(theirsRepaired, theirs)) return false;
    await explain(repaired, [], setting);
    return true;
  },

  /** A 64-bit length with the most significant bit set: 1002, for §5.2 forbids it; in `ws` 1009, as for all beyond 2^53. */
  'lengths out of range': ({ ours, theirs }) =>
    ours.violation === 'length-out-of-range' && theirs.failure === 1009 && isSameEvents(ours, theirs),

  /** What is wrong with a message is said at its first wrong byte; `ws` waits for the end of the frame or the message. */
  'checked as it comes': async ({ bytes, setting, ours, theirs }): Promise<boolean> => {
    const { failure, readBytes, events } = readOursByByte(bytes, setting);
    if (ours.failure === undefined || failure === undefined || !isBeginning(ours, theirs)) return false;
    const until = bytes.subarray(0, readBytes);
    const messages = { events: events.filter(isMessage) };
    if (isWrongForZlib(until, setting, ours)) return true;
    // The bytes of 0 are for zlib, which may want to see more before it says that there is no such code.
    for (const zeros of [0, 64]) {
      const whole = withWholeMessage(until, setting.role === 'server', zeros);
      const theirsWhole = await readTheirs(whole, [], setting);
      if (theirsWhole.failure === failure && isSameEvents(messages, theirsWhole)) return true;
    }
    // What is known for the whole frame is known for a part of it.
    const whole = withWholeFrame(until);
    return whole.length > bytes.length && (await explain(whole, [], setting)) !== undefined;
  },

  /**
   * What is wrong with a header is said when all of it has come, its masking key too, and with a Close frame when that has;
   * `ws` says it as soon as it has seen the length, or the first two bytes. When all has come, there is no such difference.
   */
  'checked when the header has come': async ({ bytes, setting, ours, theirs }) => {
    if (ours.failure !== undefined || theirs.failure === undefined || !isSameEvents(ours, theirs))
      return false;
    const whole = withWholeFrame(bytes);
    if (readOurs(whole, [], setting).failure === undefined) return false;
    if (!isSame(await readTheirs(whole, [], setting), theirs)) return false;
    await explain(whole, [], setting);
    return true;
  },

  /** Who inflates beyond the limit is stopped there; zlib goes on to the end of its buffer, and may find what is wrong there. */
  'the limit before what comes behind it': ({ bytes, setting, ours, theirs }) => {
    if (ours.inflateRule !== 'output-limit' || theirs.failure !== 1007) return false;
    const unlimited = readOursByByte(bytes, { ...setting, maxMessageBytes: 1_000_000 });
    return unlimited.failure === 1007 && isSameEvents(ours, theirs) && isSameEvents(ours, unlimited);
  },

  /**
   * A compressed message that ends in the middle of a block fails the connection; `ws` takes what there is of it. A code
   * for code lengths without any code is such an end for zlib too, for it waits for more.
   */
  'unfinished blocks': ({ bytes, setting, ours, theirs }) => {
    const rules = ['unexpected-end', 'invalid-code-length-code'];
    if (!rules.includes(ours.inflateRule ?? '') || !isBeginning(ours, theirs)) return false;
    if (theirs.events.filter(isMessage).length <= ours.events.filter(isMessage).length) return false;
    const { messages, said } = compressedUntilFailure(bytes, setting, ours);
    const failed = messages.at(-1);
    if (failed === undefined) return false;
    // A stored block that is not finished may take just the bytes of one mark, but not those of one that comes later too.
    return [
      [failed, TAIL],
      [failed, TAIL, TAIL],
    ].some((parts) => withMark(concat(parts), said) === undefined);
  },

  /**
   * A block that says that it is the last may have others behind it (RFC 7692 §7.2.3.5); `ws` drops these, and the context.
   * zlib, begun anew behind each last block, finds what is found here.
   */
  'blocks behind the last': ({ bytes, setting, ours }) => {
    const all = messagesOf(bytes);
    const said = (i: number) => saidBefore(all.slice(0, i), setting);
    if (!all.some(({ isCompressed, payload }, i) => isCompressed && endsEarly(payload, said(i))))
      return false;
    const read = ours.events.filter(isMessage);
    if (!read.every((event, i) => event === describedByZlib(all[i], said(i)))) return false;
    if (ours.violation !== 'invalid-compressed-data' || ours.inflateRule === 'distance-too-far') return true;
    const failed = all[read.length];
    return failed !== undefined && inflatedByZlib(failed.payload, said(read.length)) === undefined;
  },

  /** A distance beyond the agreed window fails the connection; zlib finds what it still has in its buffers. */
  'the agreed window': ({ bytes, setting, ours, theirs }) => {
    if (ours.inflateRule !== 'distance-too-far' || setting.incoming === undefined) return false;
    if (setting.incoming.windowBits === 15 || !isBeginning(ours, theirs)) return false;
    const wider = { ...setting, incoming: { ...setting.incoming, windowBits: 15 } };
    const { events, readBytes } = readOursByByte(bytes, wider);
    return events.length > ours.events.length || readBytes > readOursByByte(bytes, setting).readBytes;
  },

  /** A message has a bounded number of fragments here; the Receiver has no such limit unless it is given one. */
  'the number of fragments': ({ bytes, ours, theirs }) => {
    const count = framesOf(bytes).filter(({ opcode }) => opcode < 8).length;
    return ours.violation === 'too-many-fragments' && count > 1024 && isBeginning(ours, theirs);
  },

  /** The limit is for what a message holds; in `ws` it is for its compressed bytes too. */
  'the limit on compressed bytes': ({ bytes, setting, ours, theirs }) => {
    if (theirs.failure !== 1009 || !isBeginning(theirs, ours)) return false;
    return messagesOf(bytes).some(
      ({ isCompressed, claimed }) => isCompressed && claimed > BigInt(setting.maxMessageBytes),
    );
  },
} as const satisfies Record<string, Check>;

export type DifferenceName = keyof typeof DIFFERENCES;

/** @returns the reason why the two read these bytes differently, or undefined when they do not. @throws for no known one */
export async function explain(
  bytes: Uint8Array,
  cuts: readonly number[],
  setting: Setting,
): Promise<DifferenceName | undefined> {
  const ours = readOurs(bytes, cuts, setting);
  const theirs = await readTheirs(bytes, cuts, setting);
  if (isSame(ours, theirs)) return undefined;
  for (const [name, check] of Object.entries(DIFFERENCES)) {
    if (await check({ bytes, setting, ours, theirs })) return name as DifferenceName;
  }
  const hex = Buffer.from(bytes).toString('hex');
  throw new Error(`unexplained: ${JSON.stringify({ hex, cuts, setting, ours, theirs }, undefined, 2)}`);
}

function isSame(one: Reading, other: Reading): boolean {
  return one.failure === other.failure && isSameEvents(one, other);
}

function isSameEvents(
  { events: one }: Pick<Reading, 'events'>,
  { events: other }: Pick<Reading, 'events'>,
): boolean {
  return one.length === other.length && one.every((event, i) => event === other[i]);
}

/** Whether all that one has read the other has read too, first of all. */
function isBeginning({ events }: Reading, of: Reading): boolean {
  return events.every((event, i) => event === of.events[i]);
}

function isMessage(event: string): boolean {
  return /^(text|binary)/.test(event);
}

/** The compressed payloads until ours failed, the one that failed last, and what had been said before it. */
function compressedUntilFailure(
  bytes: Uint8Array,
  setting: Setting,
  ours: OurReading,
): { messages: Uint8Array[]; said: Buffer } {
  const whole = ours.events.filter(isMessage).length;
  const all = messagesOf(bytes).slice(0, whole + 1);
  const messages = all.filter(({ isCompressed }) => isCompressed).map(({ payload }) => payload);
  return { messages, said: saidBefore(all.slice(0, -1), setting) };
}

/** Whether what zlib makes of the last message, which is compressed, is text that cannot become right, or too much. */
function isWrongForZlib(bytes: Uint8Array, setting: Setting, ours: OurReading): boolean {
  const messages = messagesOf(bytes);
  const last = messages.pop();
  if (last?.isCompressed !== true) return false;
  const inflated = inflatedSoFar(last.payload, saidBefore(messages, setting));
  if (ours.violation === 'message-too-big') return inflated.length > setting.maxMessageBytes;
  return ours.violation === 'invalid-utf8' && !isTextSoFar(inflated);
}

function inflatedSoFar(payload: Uint8Array, said: Buffer): Uint8Array {
  try {
    return inflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH, ...dictionaryOf(said) });
  } catch {
    return new Uint8Array(0);
  }
}

function isTextSoFar(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** What compressed messages said, which a later one may refer to. */
function saidBefore(messages: ReturnType<typeof messagesOf>, { incoming }: Setting): Buffer {
  let said = Buffer.alloc(0);
  if (incoming?.contextTakeover !== true) return said;
  for (const { isCompressed, payload } of messages) {
    const inflated = isCompressed ? inflatedByZlib(payload, said) : undefined;
    if (inflated !== undefined) said = Buffer.concat([said, inflated]);
  }
  return said;
}

/** What zlib makes of a message, begun anew behind each last block; undefined where it is broken or not finished. */
function inflatedByZlib(payload: Uint8Array, said: Buffer): Buffer | undefined {
  let rest = concat([payload, TAIL]);
  let inflated = Buffer.alloc(0);
  for (;;) {
    const piece = inflatedToLastBlock(rest, Buffer.concat([said, inflated]));
    if (piece === undefined) break;
    inflated = Buffer.concat([inflated, piece.buffer]);
    rest = rest.subarray(piece.byteCount);
  }
  const end = withMark(rest, Buffer.concat([said, inflated]));
  return end && Buffer.concat([inflated, end]);
}

/** @returns what comes before the end of a last block, and how many bytes that took; undefined where there is none */
function inflatedToLastBlock(
  bytes: Uint8Array,
  said: Buffer,
): { buffer: Buffer; byteCount: number } | undefined {
  try {
    const { buffer, engine } = inflateRawSync(bytes, { info: true, ...dictionaryOf(said) }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return { buffer, byteCount: engine.bytesWritten };
  } catch {
    return undefined;
  }
}

/** Inflates what has no last block. That a block behind it is one shows that its own are finished. */
function withMark(bytes: Uint8Array, said: Buffer): Buffer | undefined {
  try {
    const inflated = inflateRawSync(concat([bytes, MARK]), dictionaryOf(said));
    return inflated.at(-1) === MARK.at(-1) ? inflated.subarray(0, -1) : undefined;
  } catch {
    return undefined;
  }
}

function dictionaryOf(said: Buffer): { dictionary?: Buffer } {
  return said.length > 0 ? { dictionary: said } : {};
}

/** Whether zlib sees a last block before the end. */
function endsEarly(payload: Uint8Array, said: Buffer): boolean {
  return inflatedToLastBlock(concat([payload, TAIL]), said) !== undefined;
}

/** A message in the words of the readings. */
function describedByZlib(message: RawMessage | undefined, said: Buffer): string | undefined {
  if (message === undefined) return undefined;
  const { isCompressed, isText, payload } = message;
  const body = isCompressed ? inflatedByZlib(payload, said) : payload;
  return body && describeMessage(isText ? Buffer.from(body).toString() : body);
}
