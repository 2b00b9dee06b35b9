/**
 * barewire beside the Receiver of `ws`: the same bytes, cut the same way, give the same messages, Pings, Pongs and Close
 * frames in the same order, and a failure with the same code on both sides or on none, except where DIFFERENCES says
 * why not. With FUZZ_RUNS=10000 each of these properties is tried that often.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Role } from '../../src/protocol/frame.ts';
import {
  anyCuts,
  arbitraryStream,
  fuzzTimeoutMs,
  mutated,
  mutatedStream,
  peerOf,
  runs,
  validStream,
} from '../support/arbitraries.ts';
import { explain } from './differences.ts';
import type { Setting } from './readers.ts';
import { anyIncoming, type Codec, compressedNoise, compressedStream } from './streams.ts';

const timeout = 10 * fuzzTimeoutMs;
const roles: readonly Role[] = ['client', 'server'];
const codecs: readonly Codec[] = ['ours', 'zlib'];

const seen = new Map<string, number>();
let compared = 0;

async function compare(bytes: Uint8Array, cuts: readonly number[], setting: Setting): Promise<void> {
  const name = await explain(bytes, cuts, setting);
  compared++;
  if (name !== undefined) seen.set(name, (seen.get(name) ?? 0) + 1);
}

afterAll(() => {
  if (process.env['FUZZ_RUNS'] !== undefined)
    console.log(compared, 'streams compared', Object.fromEntries(seen));
});

describe.each(roles)('as a %s', (role) => {
  const sender = peerOf(role);
  const plain: Setting = { role, maxMessageBytes: 100, incoming: undefined };

  test('a valid conversation is read without any difference', { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(validStream(sender), anyCuts, async (bytes, cuts) => {
        expect(await explain(bytes, cuts, plain)).toBeUndefined();
        compared++;
      }),
      { numRuns: runs(200) },
    );
  });

  test.each([
    ['a conversation that is spoilt', mutatedStream(sender)],
    ['arbitrary bytes', arbitraryStream(sender)],
  ])('%s is read the same, or differently for a known reason', { timeout }, async (_, anyStream) => {
    await fc.assert(
      fc.asyncProperty(anyStream, anyCuts, (bytes, cuts) => compare(bytes, cuts, plain)),
      { numRuns: runs(200) },
    );
  });

  describe.each(codecs)('where %s compresses', (codec) => {
    const settings = anyIncoming.map((incoming): Setting => ({ role, maxMessageBytes: 4096, incoming }));

    test('a valid conversation is read without any difference', { timeout }, async () => {
      const conversations = settings.chain((setting) =>
        fc.tuple(fc.constant(setting), compressedStream(sender, setting.incoming!, codec, false)),
      );
      await fc.assert(
        fc.asyncProperty(conversations, anyCuts, async ([setting, bytes], cuts) => {
          expect(await explain(bytes, cuts, setting)).toBeUndefined();
          compared++;
        }),
        { numRuns: runs(200) },
      );
    });

    test('a conversation that is spoilt, or beyond the limit, is read the same, or differently for a known reason', {
      timeout,
    }, async () => {
      const conversations = settings
        .chain((setting) => fc.constantFrom(setting, { ...setting, maxMessageBytes: 100 }))
        .chain((setting) => {
          const stream = compressedStream(sender, setting.incoming!, codec);
          return fc.tuple(fc.constant(setting), fc.oneof(stream, mutated(stream), mutated(stream)));
        });
      await fc.assert(
        fc.asyncProperty(conversations, anyCuts, ([setting, bytes], cuts) => compare(bytes, cuts, setting)),
        { numRuns: runs(200) },
      );
    });
  });

  test('arbitrary frames that say that they are compressed are read the same, or differently for a known reason', {
    timeout,
  }, async () => {
    const anySetting = anyIncoming.map((incoming): Setting => ({ role, maxMessageBytes: 100, incoming }));
    await fc.assert(
      fc.asyncProperty(anySetting, compressedNoise(sender), anyCuts, (setting, bytes, cuts) =>
        compare(bytes, cuts, setting),
      ),
      { numRuns: runs(200) },
    );
  });
});
