import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/protocol/frame.ts';
import type { FrameParser } from '../../src/protocol/frame-parser.ts';
import { readings } from '../../src/protocol/reading-pool.ts';
import { fromHex, toHex } from '../support/vectors.ts';

/** What a parser finds in chunks, a line a piece: `text fin 5: 48 65`, `+` before what goes on, `…` where more is to come. */
function pieces(receiver: Role, ...chunks: string[]): string[] {
  const { parser } = readings.borrow(receiver, 0, undefined);
  return chunks.flatMap((hex) => {
    const chunk = fromHex(hex);
    const found: string[] = [];
    for (let offset = 0; offset < chunk.length && parser.step(chunk, offset); offset = parser.end) {
      const { header, start, end, isFirst, isLast } = parser;
      const about = `${header.opcode}${header.fin ? ' fin' : ''} ${header.payloadLength}:`;
      const payload = toHex(chunk.subarray(start, end));
      found.push(
        [isFirst ? about : `+${about}`, payload, isLast ? '' : '…'].filter((part) => part !== '').join(' '),
      );
    }
    return found;
  });
}

describe('FrameParser', () => {
  test('finds a whole frame as one piece', () => {
    expect(pieces('client', '81 05 48656c6c6f')).toEqual(['1 fin 5: 48 65 6c 6c 6f']);
  });

  test('unmasks in place what a client sent', () => {
    const chunk = fromHex('81 85 37fa213d 7f9f4d5158');
    const { parser } = readings.borrow('server', 0, undefined);
    expect(parser.step(chunk, 0)).toBe(true);
    expect(toHex(chunk)).toBe('81 85 37 fa 21 3d 48 65 6c 6c 6f');
    expect([parser.start, parser.end]).toEqual([6, 11]);
  });

  test('leaves a payload alone whose masking key is 0', () => {
    expect(pieces('server', '81 82 00000000 6869')).toEqual(['1 fin 2: 68 69']);
  });

  test('finds a frame without payload as an empty piece', () => {
    expect(pieces('client', '89 00')).toEqual(['9 fin 0:']);
    expect(pieces('server', '89 80 37fa213d')).toEqual(['9 fin 0:']);
  });

  test('finds all the frames in a chunk, step by step', () => {
    expect(pieces('client', '01 02 4865  89 00  80 03 6c6c6f')).toEqual([
      '1 2: 48 65',
      '9 fin 0:',
      '0 fin 3: 6c 6c 6f',
    ]);
  });

  test('finds what is there of a payload that goes on in the next chunk', () => {
    expect(pieces('client', '81 05 4865', '6c', '6c6f 89 00')).toEqual([
      '1 fin 5: 48 65 …',
      '+1 fin 5: 6c …',
      '+1 fin 5: 6c 6f',
      '9 fin 0:',
    ]);
  });

  test('goes on within the masking key from one chunk to the next', () => {
    expect(pieces('server', '81 85 37fa213d 7f', '9f4d', '51', '58')).toEqual([
      '1 fin 5: 48 …',
      '+1 fin 5: 65 6c …',
      '+1 fin 5: 6c …',
      '+1 fin 5: 6f',
    ]);
  });

  test('tells of a frame as soon as its header is there, by a first piece that is empty', () => {
    expect(pieces('client', '81 05', '48656c6c6f')).toEqual(['1 fin 5: …', '+1 fin 5: 48 65 6c 6c 6f']);
  });

  test('finds no piece in a chunk that ends within a header', () => {
    expect(pieces('client', '81')).toEqual([]);
    expect(pieces('server', '81 ff 0000000000010000 37fa21')).toEqual([]);
  });

  test('puts together a header that comes byte by byte, again and again', () => {
    expect(pieces('server', '81', 'fe', '00', '7e', '37', 'fa', '21', '3d')).toEqual(['1 fin 126: …']);
    expect(pieces('client', '89', '01', '61', '8a', '01 62 89', '00')).toEqual([
      '9 fin 1: …',
      '+9 fin 1: 61',
      '10 fin 1: 62',
      '9 fin 0:',
    ]);
  });

  test('begins in the middle of a chunk when told to', () => {
    const chunk = fromHex('ff ff 89 01 61');
    const { parser } = readings.borrow('client', 0, undefined);
    parser.step(chunk, 2);
    expect([parser.header.opcode, parser.start, parser.end]).toEqual([9, 4, 5]);
  });

  test('throws at the second byte of a header that breaks a rule, also when the two come apart', () => {
    expect(() => pieces('client', '83 00')).toThrow('the opcode is reserved');
    expect(() => pieces('client', '83', '00')).toThrow('the opcode is reserved');
    expect(pieces('client', '83')).toEqual([]);
  });
});

describe('a piece that is put back', () => {
  /** The piece that a step from `offset` finds. */
  function stepped(parser: FrameParser, chunk: Uint8Array, offset: number) {
    expect(parser.step(chunk, offset)).toBe(true);
    const { start, end, isFirst, isLast, wasPutBack } = parser;
    return { payload: toHex(chunk.subarray(start, end)), end, isFirst, isLast, wasPutBack };
  }

  test('comes again, without being unmasked a second time', () => {
    const chunk = fromHex('81 85 37fa213d 7f9f4d5158  89 80 00000000');
    const { parser } = readings.borrow('server', 0, undefined);
    parser.step(chunk, 0);
    parser.putBack(8);
    expect(parser).toMatchObject({ start: 6, end: 8, isFirst: true, isLast: false });
    expect(parser.isBetweenFrames).toBe(false);
    expect(parser.opcodeAt(chunk, 8)).toBe(1);
    expect(stepped(parser, chunk, 8)).toEqual({
      payload: '6c 6c 6f',
      end: 11,
      isFirst: false,
      isLast: true,
      wasPutBack: true,
    });
    expect(stepped(parser, chunk, 11)).toMatchObject({ isFirst: true, isLast: true, wasPutBack: false });
  });

  test('may be put back again, and be cut', () => {
    const { parser } = readings.borrow('client', 0, undefined);
    const chunk = fromHex('82 08 0102030405');
    parser.step(chunk, 0);
    parser.putBack(3);
    parser.step(chunk, 3);
    parser.putBack(4);
    expect(stepped(parser, fromHex('0304'), 0)).toMatchObject({ payload: '03 04', isLast: false });
    expect(stepped(parser, fromHex('05 060708'), 0)).toMatchObject({ payload: '05', isLast: false });
    expect(stepped(parser, fromHex('060708'), 0)).toMatchObject({
      payload: '06 07 08',
      isFirst: false,
      isLast: true,
      wasPutBack: false,
    });
  });
});
