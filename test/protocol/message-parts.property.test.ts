import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Connection } from '../../src/protocol/connection.ts';
import { OPCODE, type Role, serializeFrame } from '../../src/protocol/frame.ts';
import type { Message } from '../../src/protocol/message.ts';
import { Deflater } from '../../src/protocol/permessage-deflate/deflate.ts';
import {
  anyCuts,
  anyFragments,
  anyMessage,
  anyRole,
  type Frame,
  fuzzTimeoutMs,
  peerOf,
  runs,
} from '../support/arbitraries.ts';
import { cut } from '../support/vectors.ts';
import { describeMessage } from './endpoint.ts';
import { newBuffer } from './permessage-deflate/codec.ts';

/** One message, and the frames of its payload, which is compressed or not. */
interface Said {
  readonly message: Message;
  readonly isCompressed: boolean;
  readonly frames: readonly Frame[];
}

interface Setting {
  readonly windowBits: number;
  readonly contextTakeover: boolean;
}

const anySetting: fc.Arbitrary<Setting> = fc.record({
  windowBits: fc.constantFrom(8, 15),
  contextTakeover: fc.boolean(),
});

/** Messages that are short, or repeat themselves over more than a window of 8 bits. */
const anyLongOrShort: fc.Arbitrary<Message> = fc
  .tuple(anyMessage(60), fc.constantFrom(1, 1, 40))
  .map(([message, times]) =>
    typeof message === 'string'
      ? message.repeat(times)
      : Uint8Array.from(Array.from({ length: times }, () => [...message]).flat()),
  );

function anySaid(setting: Setting): fc.Arbitrary<Said[]> {
  const anyMessages = fc.array(fc.record({ message: anyLongOrShort, isCompressed: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  });
  return anyMessages.chain((messages) => {
    const deflater = new Deflater(setting);
    return fc.tuple(
      ...messages.map(({ message, isCompressed }) => {
        const bytes = typeof message === 'string' ? new TextEncoder().encode(message) : message;
        const payload = newBuffer();
        if (isCompressed) deflater.deflate(bytes, 0, bytes.length, payload);
        return anyFragments(isCompressed ? payload.take() : bytes).map((frames) => ({
          message,
          isCompressed,
          frames,
        }));
      }),
    );
  });
}

/** The frames of a message on the wire, with the opcode of its type, and RSV1 on the first where it is compressed. */
function serialized({ message, isCompressed, frames }: Said, sender: Role): Uint8Array[] {
  return frames.map(({ fin, opcode, payload }) => {
    const isFirst = opcode === OPCODE.binary;
    const type = isFirst && typeof message === 'string' ? OPCODE.text : opcode;
    const bytes = serializeFrame(fin, type, payload, sender === 'client' ? 0x37fa213d : undefined);
    if (isFirst && isCompressed) bytes[0]! |= 0x40;
    return bytes;
  });
}

/** Reads every message in parts, or every second one, paused after each part or not. */
class PartsReader {
  readonly messages: string[] = [];
  readonly controls: string[] = [];
  parts: Message[] = [];
  paused = false;
  isAsking = true;
  readonly connection: Connection;
  readonly #inPartsOnly: boolean;

  constructor(role: Role, setting: Setting, inPartsOnly: boolean) {
    const compression = { outgoing: setting, incoming: setting, thresholdBytes: 0 };
    this.connection = new Connection({ role, maxMessageBytes: 1_000_000, compression }, this);
    this.#inPartsOnly = inPartsOnly;
    this.connection.readInParts();
  }

  message(data: Message): void {
    this.messages.push(describeMessage(data));
    this.connection.readInParts();
  }

  part(data: Message, isLast: boolean): void {
    this.parts.push(data);
    this.connection.paused = this.paused;
    if (!isLast) return;
    const { parts } = this;
    const isText = typeof data === 'string';
    for (const part of parts) expect(part === '' || typeof part === typeof data).toBe(true);
    this.messages.push(describeMessage(isText ? parts.join('') : Buffer.concat(parts as Uint8Array[])));
    this.parts = [];
    if (this.#inPartsOnly) this.connection.readInParts();
  }

  ping(): void {
    this.controls.push('ping');
  }

  pong(): void {
    this.controls.push('pong');
  }
}

test('parts joined are the message, in any fragments with control frames between, compressed or not, however TCP cuts them', {
  timeout: fuzzTimeoutMs,
}, () => {
  const anyCase = anySetting.chain((setting) => anySaid(setting).map((said) => ({ setting, said })));
  fc.assert(
    fc.property(
      anyRole,
      anyCase,
      anyCuts,
      fc.boolean(),
      fc.boolean(),
      (role, { setting, said }, cuts, paused, inPartsOnly) => {
        const reader = new PartsReader(role, setting, inPartsOnly);
        const { connection } = reader;
        reader.paused = paused;
        const wire = Buffer.concat(said.flatMap((one) => serialized(one, peerOf(role))));
        for (const chunk of cut(wire, cuts)) {
          const bytes = new Uint8Array(chunk);
          for (let offset = 0; offset < bytes.length; ) {
            const before = reader.parts.length;
            connection.paused = false;
            offset = connection.receive(bytes, offset);
            if (paused) expect(reader.parts.length - before).toBeLessThanOrEqual(1);
          }
        }
        expect(connection.error).toBeUndefined();
        expect(reader.messages).toEqual(said.map(({ message }) => describeMessage(message)));
        const controls = said.flatMap(({ frames }) => frames).filter(({ opcode }) => opcode > 8);
        expect(reader.controls).toEqual(
          controls.map(({ opcode }) => (opcode === OPCODE.ping ? 'ping' : 'pong')),
        );
      },
    ),
    { numRuns: runs(300) },
  );
});
