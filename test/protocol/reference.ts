/**
 * RFC 6455 once more, as plain as can be, to compare src/protocol with: all bytes at once, nothing in place, no
 * state kept from one chunk to the next, and no code in common with what it checks.
 */
import type { ViolationId } from '../../src/protocol/errors.ts';
import type { Role } from '../../src/protocol/frame.ts';
import { toHex } from '../support/vectors.ts';

/** What an endpoint should have made of the bytes that came. */
export interface Reading {
  /** As an Endpoint notes them. */
  readonly events: readonly string[];
  /** The frames that an endpoint which is open answers with. */
  readonly answers: readonly Answer[];
  /** Where reading ended before the bytes did: the rule broken, or the Close frame. */
  readonly violation?: ViolationId;
  readonly close?: { readonly code: number; readonly reason: string };
}

export interface Answer {
  readonly opcode: number;
  readonly payload: string;
}

const FRAGMENTS_ALWAYS_ALLOWED = 1024;

/** Reads everything that came to an endpoint of this role while it was open. */
export function readAllAtOnce(bytes: Uint8Array, receiver: Role, maxMessageBytes: number): Reading {
  const events: string[] = [];
  const answers: Answer[] = [];
  const broken = (violation: ViolationId): Reading => ({ events, answers, violation });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const maxFragments = Math.max(FRAGMENTS_ALWAYS_ALLOWED, maxMessageBytes / 16);
  let message: { isText: boolean; fragments: number; body: number[] } | undefined;

  for (let at = 0; ; ) {
    if (bytes.length - at < 2) return { events, answers };
    const [first, second] = [view.getUint8(at), view.getUint8(at + 1)];
    const fin = first >= 0x80;
    const opcode = first % 16;
    const masked = second >= 0x80;
    const short = second % 128;
    if (first % 128 >= 16) return broken('reserved-bit-set');
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) return broken('reserved-opcode');
    if (opcode >= 8 && !fin) return broken('fragmented-control-frame');
    if (opcode >= 8 && short > 125) return broken('control-frame-too-long');
    if (!masked && receiver === 'server') return broken('unmasked-frame');
    if (masked && receiver === 'client') return broken('masked-frame');

    const keyAt = at + (short === 127 ? 10 : short === 126 ? 4 : 2);
    const payloadAt = keyAt + (masked ? 4 : 0);
    if (bytes.length < payloadAt) return { events, answers };
    const length =
      short === 127 ? view.getBigUint64(at + 2) : BigInt(short === 126 ? view.getUint16(at + 2) : short);
    if (length >= 2n ** 63n) return broken('length-out-of-range');
    if (short === 126 && length < 126n) return broken('length-not-minimal');
    if (short === 127 && length < 65536n) return broken('length-not-minimal');

    const end = BigInt(payloadAt) + length;
    const isWhole = end <= bytes.length;
    const payload = [...bytes.subarray(payloadAt, isWhole ? Number(end) : bytes.length)];
    if (masked)
      payload.forEach((byte, i) => {
        payload[i] = byte ^ bytes[keyAt + (i % 4)]!;
      });

    if (opcode < 8) {
      if (opcode === 0 && message === undefined) return broken('nothing-to-continue');
      if (opcode > 0 && message !== undefined) return broken('message-not-finished');
      message ??= { isText: opcode === 1, fragments: 0, body: [] };
      message.fragments++;
      if (BigInt(message.body.length) + length > BigInt(maxMessageBytes)) return broken('message-too-big');
      if (message.fragments > maxFragments) return broken('too-many-fragments');
      message.body.push(...payload);
      const text = message.isText ? readText(message.body) : undefined;
      if (text === 'invalid') return broken('invalid-utf8');
      if (!isWhole) return { events, answers };
      if (fin) {
        if (text === 'incomplete') return broken('invalid-utf8');
        events.push(
          text === undefined ? binaryEvent('binary', message.body) : `text ${JSON.stringify(text.text)}`,
        );
        message = undefined;
      }
    } else {
      if (!isWhole) return { events, answers };
      if (opcode === 8) {
        if (payload.length === 1) return broken('close-payload-too-short');
        const code = payload.length === 0 ? 1005 : payload[0]! * 256 + payload[1]!;
        if (payload.length > 0 && !ALLOWED_CODES.has(code)) return broken('invalid-close-code');
        const reason = readText(payload.slice(2));
        if (typeof reason === 'string') return broken('invalid-close-reason');
        answers.push({ opcode: 8, payload: toHex(Uint8Array.from(payload)) });
        return { events, answers, close: { code, reason: reason.text } };
      }
      events.push(binaryEvent(opcode === 9 ? 'ping' : 'pong', payload));
      if (opcode === 9) answers.push({ opcode: 10, payload: toHex(Uint8Array.from(payload)) });
    }
    at = Number(end);
  }
}

/** RFC 6455 §7.4.1, the codes that IANA has added since, and §7.4.2. */
const ALLOWED_CODES: ReadonlySet<number> = new Set([
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014],
  ...Array.from({ length: 2000 }, (_, i) => 3000 + i),
]);

function binaryEvent(kind: string, bytes: readonly number[]): string {
  return `${kind} ${toHex(Uint8Array.from(bytes))}`.trimEnd();
}

/** The platform's decoder as the judge: text, or text that more bytes can make whole, or none. */
function readText(bytes: readonly number[]): { text: string } | 'incomplete' | 'invalid' {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text: string;
  try {
    text = decoder.decode(Uint8Array.from(bytes), { stream: true });
  } catch {
    return 'invalid';
  }
  try {
    return { text: text + decoder.decode() };
  } catch {
    return 'incomplete';
  }
}

/** What an endpoint writes, read back. @throws unless it is whole frames that an endpoint of this role may send */
export function readOutput(output: Uint8Array, sender: Role): Answer[] {
  const frames: Answer[] = [];
  let at = 0;
  while (at < output.length) {
    const [first = 0, second = 0] = output.subarray(at);
    const masked = second >= 0x80;
    if (masked !== (sender === 'client')) throw new Error(`a ${sender} masks wrongly: ${toHex(output)}`);
    const short = second % 128;
    const view = new DataView(output.buffer, output.byteOffset + at);
    const length = short === 127 ? Number(view.getBigUint64(2)) : short === 126 ? view.getUint16(2) : short;
    const keyAt = at + (short === 127 ? 10 : short === 126 ? 4 : 2);
    const payloadAt = keyAt + (masked ? 4 : 0);
    if (payloadAt + length > output.length) throw new Error(`not whole frames: ${toHex(output)}`);
    const opcode = first - 0x80; // every frame that this library sends has FIN and no reserved bit
    if (![1, 2, 8, 9, 10].includes(opcode)) throw new Error(`not a frame to send: ${toHex(output)}`);
    if (opcode >= 8 && length > 125) throw new Error(`a control frame too long: ${toHex(output)}`);
    const payload = output.slice(payloadAt, payloadAt + length);
    if (masked)
      payload.forEach((byte, i) => {
        payload[i] = byte ^ output[keyAt + (i % 4)]!;
      });
    frames.push({ opcode, payload: toHex(payload) });
    at = payloadAt + length;
  }
  return frames;
}
