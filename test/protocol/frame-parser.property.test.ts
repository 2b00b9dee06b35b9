import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FrameParser } from '../../src/protocol/frame-parser.ts';
import { readings } from '../../src/protocol/reading-pool.ts';
import {
  anyCuts,
  anyFrames,
  anyMaskingKey,
  anyRole,
  type Frame,
  fuzzTimeoutMs,
  peerOf,
  runs,
  serializeFrames,
} from '../support/arbitraries.ts';
import { concat, cut } from '../support/vectors.ts';

/** The frames in these chunks, put together again from their pieces. */
function parseAll(parser: FrameParser, chunks: readonly Uint8Array[]): Frame[] {
  const frames: Frame[] = [];
  let parts: Uint8Array[] = [];
  for (const chunk of chunks) {
    for (let offset = 0; offset < chunk.length && parser.step(chunk, offset); offset = parser.end) {
      if (parser.isFirst) parts = [];
      parts.push(chunk.slice(parser.start, parser.end));
      const { fin, opcode } = parser.header;
      if (parser.isLast) frames.push({ fin, opcode, payload: concat(parts) });
    }
  }
  return frames;
}

test('frames are parsed as they were serialized, however TCP cuts them', { timeout: fuzzTimeoutMs }, () => {
  const keys = fc.array(anyMaskingKey, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(anyRole, anyFrames, keys, anyCuts, (receiver, frames, keys, cuts) => {
      const bytes = serializeFrames(frames, peerOf(receiver), keys);
      expect(parseAll(readings.borrow(receiver, 0, undefined).parser, cut(bytes, cuts))).toEqual(frames);
    }),
    { numRuns: runs(300) },
  );
});
