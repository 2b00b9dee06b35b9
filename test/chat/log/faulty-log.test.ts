import { expect, test } from 'vitest';
import { MemoryLog } from '../../../src/chat/log/memory-log.ts';
import { Notes, range, text } from './drafts.ts';
import { type Faults, FaultyLog } from './faulty-log.ts';

async function seqsWith(faults: Faults): Promise<number[]> {
  const log = new FaultyLog(new MemoryLog(), faults);
  const notes = new Notes();
  await log.watch('room', notes);
  await Promise.all(range(1, 300).map((n) => log.append('room', text(`${n}`))));
  log.flush();
  return notes.seqs;
}

test('loses, doubles and reorders, and a seed repeats it', async () => {
  const seqs = await seqsWith({ seed: 1 });
  expect(new Set(seqs).size).toBeLessThan(280);
  expect(seqs.length).toBeGreaterThan(new Set(seqs).size);
  expect(seqs).not.toEqual(seqs.toSorted((a, b) => a - b));
  expect(await seqsWith({ seed: 1 })).toEqual(seqs);
  expect(await seqsWith({ seed: 2 })).not.toEqual(seqs);
});

test('each fault alone', async () => {
  const lost = await seqsWith({ seed: 3, lost: 0.5, doubled: 0, late: 0 });
  expect(lost).toEqual([...new Set(lost)].toSorted((a, b) => a - b));
  expect(lost.length).toBeLessThan(200);
  const doubled = await seqsWith({ seed: 3, lost: 0, doubled: 1, late: 0 });
  expect(doubled).toEqual(range(1, 300).flatMap((seq) => [seq, seq]));
  const late = await seqsWith({ seed: 3, lost: 0, doubled: 0, late: 0.5 });
  expect(late).not.toEqual(range(1, 300));
  expect(late.toSorted((a, b) => a - b)).toEqual(range(1, 300));
  expect(await seqsWith({ seed: 3, lost: 0, doubled: 0, late: 0 })).toEqual(range(1, 300));
});
