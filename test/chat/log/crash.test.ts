/** What survives in SQLite when its process is killed, or its disk takes no more. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { RoomLog } from '../../../src/chat/log/room-log.ts';
import { openSqliteLog } from '../../../src/chat/log/sqlite-log.ts';
import { range, text } from './drafts.ts';

const CHILD = fileURLToPath(new URL('appending-child.js', import.meta.url));

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'log-crash-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Acknowledged ids and their numbers. Of a line that was cut short by the end nothing is known. */
function acksOf(output: string): Map<string, number> {
  const acks = output
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('ack'));
  return new Map(acks.map((line) => line.split(' ')).map(([, id, seq]) => [id!, Number(seq)]));
}

async function readAll(log: RoomLog): Promise<Map<string, number>> {
  const seqs = new Map<string, number>();
  for (let from = 1; ; ) {
    const { head, entries } = await log.read('room', from, from + 199);
    for (const { id, seq, text: content } of entries) {
      expect(seqs.has(id)).toBe(false);
      expect(content.startsWith(`${id} `)).toBe(true);
      seqs.set(id, seq);
    }
    from += entries.length;
    if (from > head) break;
  }
  expect([...seqs.values()]).toEqual(range(1, seqs.size));
  return seqs;
}

test('ten times kill -9 at random moments: each acknowledged entry is there once, in order, without holes', async () => {
  const folder = await newFolder();
  const acks = new Map<string, number>();
  const moments: number[] = [];
  for (const round of range(1, 10)) {
    const child = spawn(process.execPath, [CHILD, folder, `${round}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    const moment = 1 + Math.floor(Math.random() * 60_000); // bytes of acknowledgements
    moments.push(moment);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.length >= moment) child.kill('SIGKILL');
    });
    await closed;
    for (const [id, seq] of acksOf(output)) acks.set(id, seq);
  }
  const log = (await openSqliteLog({ folder }))!;
  onTestFinished(() => log.close());
  const seqs = await readAll(log);
  const wrong = [...acks].filter(([id, seq]) => seqs.get(id) !== seq);
  expect({ wrong, moments }).toEqual({ wrong: [], moments });
  expect(acks.size).toBeGreaterThan(100);
  for (const writer of range(0, 19)) {
    const own = [...seqs.keys()]
      .filter((id) => id.startsWith(`1-${writer}-`))
      .map((id) => Number(id.split('-')[2]));
    expect(own).toEqual(range(1, own.length)); // in the order in which it was written
  }
}, 60_000);

test('a crash between writing and announcing: the retry is answered, not written again', async () => {
  const folder = await newFolder();
  const child = spawn(process.execPath, [CHILD, folder, 'r', '5'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'close'); // nobody has read its answers
  const log = (await openSqliteLog({ folder }))!;
  onTestFinished(() => log.close());
  const before = await readAll(log);
  expect(before.size).toBe(100);
  for (const [id, seq] of before) {
    expect(await log.append('room', text('again', { id }))).toMatchObject({ seq });
  }
  expect((await log.append('room', text('new'))).seq).toBe(101);
});

test('a disk that takes no more: refused, nothing half written, and all that was acknowledged is there', async () => {
  const folder = await newFolder();
  // A limit of the size of each file, in blocks of 512 bytes, is as real as a full disk and needs no disk.
  const script = `trap '' XFSZ; ulimit -f 2000; exec "$0" "$@"`;
  const child = spawn('sh', ['-c', script, process.execPath, CHILD, folder, 'r'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  const refusals = output.split('\n').filter((line) => line.startsWith('refused'));
  expect(refusals.length).toBe(20);
  for (const refusal of refusals) expect(refusal).toMatch(/^refused LogUnavailableError: SQLite: /);
  const acks = acksOf(output);
  expect(output).toContain(`head ${acks.size}\n`);
  const log = (await openSqliteLog({ folder }))!;
  onTestFinished(() => log.close());
  expect(await readAll(log)).toEqual(acks);
  expect((await log.append('room', text('with space again'))).seq).toBe(acks.size + 1);
});
