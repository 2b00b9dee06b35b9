import { describe, expect, test } from 'vitest';
import { MessageBody } from '../../src/protocol/message-body.ts';

const pieceOf = (byteLength: number, value: number) => new Uint8Array(byteLength).fill(value);

/** Adds pieces, each of them alone in its chunk. */
function bodyOf(...pieces: Uint8Array[]): MessageBody {
  const body = new MessageBody();
  const expected = pieces.reduce((sum, { length }) => sum + length, 0);
  for (const piece of pieces) body.append(new Uint8Array(piece), 0, piece.length, expected);
  return body;
}

describe('a body', () => {
  const long = pieceOf(64 * 1024, 1);
  const short = pieceOf(100, 2);
  const cases: [string, Uint8Array[]][] = [
    ['nothing', [pieceOf(0, 0)]],
    ['short pieces', [short, pieceOf(1, 3), short]],
    ['long pieces', [long, pieceOf(5000, 4), long]],
    ['a short piece before long ones', [short, long, long]],
    ['a short piece behind long ones', [long, long, short]],
    ['short pieces between long ones', [long, short, pieceOf(7, 5), long, short, long]],
  ];

  test.each(cases)('of %s is what came, in memory of its own', (_, pieces) => {
    const whole = bodyOf(...pieces).take();
    expect(Buffer.from(whole).equals(Buffer.concat(pieces))).toBe(true);
    expect(whole.buffer.byteLength).toBe(whole.length);
    expect(Object.getPrototypeOf(whole)).toBe(Uint8Array.prototype);
  });

  test('does not copy a long piece before the end', () => {
    const chunk = new Uint8Array(long);
    const body = new MessageBody();
    body.append(chunk, 0, chunk.length, 2 * chunk.length);
    expect(body.tail.bytes.length).toBe(0);
    body.append(chunk, 0, chunk.length, 2 * chunk.length);
    expect(body.take().length).toBe(2 * chunk.length);
  });

  test('does not keep a chunk alive of which it has less than a half', () => {
    const body = new MessageBody();
    body.append(long, 0, 5000, 5000);
    expect(body.tail.length).toBe(5000);
    body.append(long, 0, 40_000, 45_000);
    expect(body.tail.length).toBe(0);
    expect(body.take().length).toBe(45_000);
  });

  test('takes the memory that is expected for short pieces', () => {
    const body = new MessageBody();
    body.append(new Uint8Array(long), 0, long.length, long.length + 200);
    body.append(short, 0, 100, long.length + 200);
    expect(body.tail.bytes.length).toBe(200);
  });
});
