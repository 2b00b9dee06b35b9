/** What every log of rooms promises, as tests that run on each of them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryLog } from '../../../src/chat/log/memory-log.ts';
import {
  type Draft,
  LogUnavailableError,
  MAX_SLICE,
  MAX_SLICE_BYTES,
  type RoomLog,
} from '../../../src/chat/log/room-log.ts';
import { eventually } from '../../support/eventually.ts';
import { ANNA, BERT, deletion, edit, Notes, range, text } from './drafts.ts';

/** One kind of log, with a store of its own. */
export interface Engine {
  /** Opens the log on the store. The test closes it; another one that is opened has the same entries, if they outlive a log. */
  open(keep?: number): Promise<RoomLog>;
  /** Whether entries outlive their log. */
  readonly isDurable: boolean;
  /** How many entries of a room are kept at least, and how many have to be written so that one is surely gone. */
  readonly window: { readonly keep: number; readonly overflow: number };
  /** Empties the store. No log is open. */
  empty(): Promise<void>;
}

const TEXTS = {
  nothing: '',
  NUL: 'a\0b\0',
  'control characters': '\u0001\u001b\r\n\t\u007f\u2028\u2029',
  'half of a pair': 'x\ud800y\udc00',
  'beyond the first plane': '😀👩‍👩‍👧‍👦𠮷',
  'right to left': 'שלום \u202e مرحبا',
  'quotes and escapes': `"'\\\\u0041 %s \${x} ?1 :a`,
  '64 KiB': '界x'.repeat(16 * 1024),
};

const PROMISES: Readonly<Record<string, (engine: Engine, log: RoomLog) => Promise<void>>> = {
  'numbers the entries of each room without holes, in the order of the calls': async (_, log) => {
    const calls = range(0, 299).map(async (n) => (await log.append(`room${n % 3}`, text(`${n}`))).seq);
    expect(await Promise.all(calls)).toEqual(range(0, 299).map((n) => Math.floor(n / 3) + 1));
    const { entries, head, floor } = await log.read('room1', 1, 100);
    expect({ head, floor }).toEqual({ head: 100, floor: 1 });
    expect(entries.map((entry) => entry.text)).toEqual(range(0, 99).map((n) => `${3 * n + 1}`));
    expect(entries.map((entry) => entry.seq)).toEqual(range(1, 100));
  },

  'keeps what a draft says, and when it was written': async (_, log) => {
    const before = Date.now();
    const draft: Draft = { ...edit(7, 'c2VhbGVk'), sealed: true };
    const { seq, at } = await log.append('room', { ...draft, more: 'that is not known' } as Draft);
    expect((await log.read('room', 1, 1)).entries).toEqual([{ ...draft, seq, at }]);
    expect(at).toBeGreaterThanOrEqual(before - 1000);
    expect(at).toBeLessThanOrEqual(Date.now() + 1000);
  },

  'writes an id once': async (_, log) => {
    const draft = text('once');
    const first = await log.append('room', draft);
    await log.append('room', text('in between'));
    expect(await log.append('room', draft)).toEqual(first);
    expect(await log.append('room', { ...draft, text: 'other' })).toEqual(first);
    await log.append('another', draft);
    expect((await log.read('another', 1, 10)).entries.map((entry) => entry.text)).toEqual(['once']);
    const { entries } = await log.read('room', 1, 10);
    expect(entries.map((entry) => entry.text)).toEqual(['once', 'in between']);
  },

  'writes an id once, however many ask at the same time': async (_, log) => {
    const drafts = range(1, 5).map((n) => text(`${n}`));
    const answers = await Promise.all(
      [...drafts, ...drafts, ...drafts].map((draft) => log.append('room', draft)),
    );
    expect(answers.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
    expect((await log.read('room', 1, 100)).head).toBe(5);
  },

  'reads any range': async (_, log) => {
    for (const n of range(1, 10)) await log.append('room', text(`${n}`));
    const seqs = async (from: number, to: number) => {
      const slice = await log.read('room', from, to);
      expect(slice).toMatchObject({ floor: 1, head: 10, epoch: expect.stringMatching(/./) });
      return slice.entries.map(({ seq }) => seq);
    };
    expect(await seqs(1, 10)).toEqual(range(1, 10));
    expect(await seqs(3, 5)).toEqual([3, 4, 5]);
    expect(await seqs(10, 10)).toEqual([10]);
    expect(await seqs(-5, 2)).toEqual([1, 2]);
    expect(await seqs(0, 0)).toEqual([]);
    expect(await seqs(9, 1e9)).toEqual([9, 10]);
    expect(await seqs(5, Number.POSITIVE_INFINITY)).toEqual(range(5, 10));
    expect(await seqs(11, 20)).toEqual([]);
    expect(await seqs(6, 5)).toEqual([]);
    expect(await seqs(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)).toEqual([]);
  },

  'reads no more than a slice at once': async (_, log) => {
    await Promise.all(range(1, MAX_SLICE + 30).map((n) => log.append('room', text(`${n}`))));
    const { entries, head } = await log.read('room', 11, 1000);
    expect(head).toBe(MAX_SLICE + 30);
    expect(entries.map(({ seq }) => seq)).toEqual(range(11, MAX_SLICE + 10));
    const { entries: last } = await log.read('room', 11, 1000, 'last');
    expect(last.map(({ seq }) => seq)).toEqual(range(31, MAX_SLICE + 30));
    const { entries: few } = await log.read('room', 5, 7, 'last');
    expect(few.map(({ seq }) => seq)).toEqual([5, 6, 7]);
  },

  'reads no more bytes than a slice has at once, and two entries at least': async (_, log) => {
    const size = 30_000;
    for (const _n of range(1, 12)) await log.append('room', text('x'.repeat(size)));
    const most = Math.ceil(MAX_SLICE_BYTES / size);
    for (const [from, to] of [
      [1, 12],
      [3, 100],
    ] as const) {
      const first = (await log.read('room', from, to)).entries.map(({ seq }) => seq);
      const last = (await log.read('room', from, to, 'last')).entries.map(({ seq }) => seq);
      expect(first).toEqual(range(from, from + most - 1));
      expect(last).toEqual(range(12 - most + 1, 12));
    }
    await log.append('long', text('x'));
    for (const _n of range(2, 4)) await log.append('long', text('x'.repeat(2 * MAX_SLICE_BYTES)));
    const read = async (from: number, to: number, end?: 'last') =>
      (await log.read('long', from, to, end)).entries.map(({ seq }) => seq);
    expect([await read(1, 4), await read(2, 4), await read(1, 4, 'last')]).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
  },

  'has nothing in a room in which nothing was written': async (_, log) => {
    expect(await log.read('room', 1, 10)).toEqual({ epoch: '', floor: 1, head: 0, entries: [] });
    expect(await log.read('room', 1, 10)).toEqual({ epoch: '', floor: 1, head: 0, entries: [] });
  },

  'has an epoch for each room, from its first entry on': async (_, log) => {
    const { epoch } = await log.append('room', text('1'));
    expect((await log.append('room', text('2'))).epoch).toBe(epoch);
    expect((await log.read('room', 9, 9)).epoch).toBe(epoch);
    expect((await log.append('another', text('1'))).epoch).not.toBe(epoch);
  },

  'forgets the oldest entries of a room, and says so': async (engine) => {
    const { keep, overflow } = engine.window;
    const log = await engine.open(keep);
    const drafts = range(1, overflow).map((n) => text(`${n}`));
    await Promise.all(drafts.map((draft) => log.append('room', draft)));
    const { floor, head, entries } = await log.read('room', 1, 5);
    expect(head).toBe(overflow);
    expect(floor).toBeGreaterThan(1);
    expect(floor).toBeLessThanOrEqual(overflow - keep + 1);
    expect(entries).toEqual([]); // what was asked for is below the floor
    const oldest = await log.read('room', floor - 3, floor + 1);
    expect(oldest.entries.map(({ seq }) => seq)).toEqual([floor, floor + 1]);
    expect((await log.append('room', drafts.at(-1)!)).seq).toBe(overflow);
    expect((await log.append('room', text('next'))).seq).toBe(overflow + 1);
    await log.close();
  },

  'begins another life when everything is gone': async (engine, log) => {
    const { epoch } = await log.append('room', text('1'));
    await log.append('room', text('2'));
    await log.close();
    await engine.empty();
    const next = await engine.open();
    expect(await next.append('room', text('1'))).toMatchObject({ seq: 1 });
    expect((await next.read('room', 1, 1)).epoch).not.toBe(epoch);
    await next.close();
  },

  'hints at each entry that is written, once and in order, until the watching ends': async (_, log) => {
    const [notes, others] = [new Notes(), new Notes()];
    await log.append('room', text('before'));
    const end = await log.watch('room', notes);
    await log.watch('another', others);
    const draft = text('1');
    const answers = await Promise.all(
      [draft, draft, text('2'), text('3')].map((one) => log.append('room', one)),
    );
    await eventually(() => expect(notes.seqs).toEqual([2, 3, 4]));
    const { epoch, entries } = await log.read('room', 2, 4);
    expect(notes.hints).toEqual(entries.map((entry) => ({ epoch, entry })));
    expect(answers[0]!.epoch).toBe(epoch);
    end();
    end();
    await log.append('room', text('after'));
    await log.append('another', text('mark'));
    await eventually(() => expect(others.seqs).toEqual([1]));
    expect(notes.seqs).toEqual([2, 3, 4]);
  },

  'hints to all who watch, whatever one of them throws': async (_, log) => {
    const notes = new Notes();
    const fail = () => {
      throw new Error('of a watcher');
    };
    await log.watch('room', { hint: fail, told: fail, doubt: fail });
    await log.watch('room', notes);
    expect((await log.append('room', text('1'))).seq).toBe(1);
    log.tell('room', 'x');
    await eventually(() => expect(notes).toMatchObject({ seqs: [1], told_: ['x'] }));
  },

  'hints in order even if a watcher writes': async (_, log) => {
    const notes = new Notes();
    await log.watch('room', {
      hint: (_epoch, { seq }) => void (seq < 5 && log.append('room', text(`after ${seq}`))),
      told: () => {},
      doubt: () => {},
    });
    await log.watch('room', notes);
    await log.append('room', text('1'));
    await eventually(() => expect(notes.seqs).toEqual([1, 2, 3, 4, 5]));
  },

  'tells what is not kept': async (_engine, log) => {
    const [notes, others] = [new Notes(), new Notes()];
    await log.watch('room', notes);
    await log.watch('another', others);
    const { 'half of a pair': _, ...texts } = TEXTS;
    for (const content of Object.values(texts)) log.tell('room', content);
    await eventually(() => expect(notes.told_).toEqual(Object.values(texts)));
    log.tell('nobody', 'x');
    expect(others.told_).toEqual([]);
    expect((await log.read('room', 1, 10)).head).toBe(0);
  },

  'empties a message that is deleted, and its edits': async (_, log) => {
    for (const draft of [text('a'), text('b'), edit(1, 'a2'), edit(2, 'b2'), edit(1, 'a3')]) {
      await log.append('room', draft);
    }
    const removal = deletion(1);
    await log.append('room', removal);
    const { entries } = await log.read('room', 1, 10);
    expect(entries.map((entry) => entry.text)).toEqual(['', 'b', '', 'b2', '', '']);
    expect(entries[5]).toMatchObject({ ...removal, target: 1 });
    expect(entries[2]).toMatchObject({ kind: 'edit', target: 1, author: ANNA });
  },

  'keeps an edit behind the delete of its message without its text, and hints at it so': async (_, log) => {
    const hinted: (string | undefined)[] = [];
    await log.watch('room', {
      hint: (_epoch, entry) => hinted.push(`${entry.kind} ${entry.text}`),
      told: () => {},
      doubt: () => {},
    });
    const late = edit(1, 'a2');
    const drafts = [text('a'), text('b'), deletion(1), late, edit(2, 'b2'), edit(1, 'c', { author: BERT })];
    const [, , , first] = await Promise.all(drafts.map((draft) => log.append('room', draft)));
    const { entries } = await log.read('room', 1, 10);
    expect(entries.map((entry) => entry.text)).toEqual(['', 'b', '', '', 'b2', 'c']);
    expect(await log.append('room', late)).toEqual(first);
    await eventually(() =>
      expect(hinted).toEqual(['text a', 'text b', 'delete ', 'edit ', 'edit b2', 'edit c']),
    );
  },

  'keeps an edit with its text, unless its author has deleted just what it names': async (_, log) => {
    const drafts = [text(''), edit(1, 'a'), edit(1, 'b', { author: BERT }), deletion(1, { author: BERT })];
    drafts.push(edit(1, 'c'), deletion(7), edit(7, 'd'), text('e'), deletion(0), edit(0, 'f'));
    for (const draft of drafts) await log.append('room', draft);
    const { entries } = await log.read('room', 1, 10);
    expect(entries.map((entry) => entry.text)).toEqual(['', 'a', '', '', 'c', '', 'd', 'e', '', '']);
  },

  'empties nothing for somebody else': async (_, log) => {
    const drafts = [text('a'), edit(1, 'a2'), edit(1, 'b', { author: BERT }), deletion(1, { author: BERT })];
    for (const draft of drafts) await log.append('room', draft);
    const { entries } = await log.read('room', 1, 10);
    expect(entries.slice(0, 2).map((entry) => entry.text)).toEqual(['a', 'a2']);
  },

  'empties nothing that comes later, is in another room, or is no message': async (_, log) => {
    await log.append('another', text('1'));
    for (const draft of [deletion(2), text('a'), edit(2, 'a2'), deletion(3), deletion(4), deletion(99)]) {
      await log.append('room', draft);
    }
    const { id: _id, ...untargeted } = deletion(2);
    await log.append('room', { id: 'without', author: ANNA, kind: 'delete', text: untargeted.text });
    expect((await log.read('room', 1, 10)).entries.slice(1, 3).map((entry) => entry.text)).toEqual([
      'a',
      'a2',
    ]);
    expect((await log.read('another', 1, 10)).entries[0]!.text).toBe('1');
  },

  'refuses what is no draft, alone': async (_, log) => {
    const wrong = [
      text('1', { id: undefined as never }),
      text(1 as never),
      text('x', { target: 1.5 }),
      text('x', { author: { id: 'anna' } as never }),
    ];
    const all = await Promise.allSettled(
      [text('good'), ...wrong, text('too')].map((one) => log.append('room', one)),
    );
    expect(all.map(({ status }) => status)).toEqual([
      'fulfilled',
      ...wrong.map(() => 'rejected'),
      'fulfilled',
    ]);
    expect((await log.read('room', 1, 10)).entries.map((entry) => entry.text)).toEqual(['good', 'too']);
  },

  'takes rooms of any script': async (_, log) => {
    const rooms = [
      'lobby',
      'кухня',
      '聊天室',
      'غرفة',
      'e-{x}',
      '{',
      '}',
      '{}',
      '%',
      "'",
      'a:b',
      '__proto__',
      '',
    ];
    await Promise.all(rooms.map((room) => log.append(room, text(room))));
    for (const room of rooms) {
      const { head, entries } = await log.read(room, 1, 10);
      expect([room, head, ...entries.map((entry) => entry.text)]).toEqual([room, 1, room]);
    }
  },

  'writes what was asked for before it closes, and nothing after': async (engine, log) => {
    const calls = range(1, 20).map((n) => log.append('room', text(`${n}`)));
    const closed = log.close();
    expect((await Promise.all(calls)).map(({ seq }) => seq)).toEqual(range(1, 20));
    await closed;
    await log.close();
    await expect(log.append('room', text('late'))).rejects.toBeInstanceOf(LogUnavailableError);
    await expect(log.read('room', 1, 1)).rejects.toBeInstanceOf(LogUnavailableError);
    await expect(log.watch('room', new Notes())).rejects.toBeInstanceOf(LogUnavailableError);
    expect(() => log.tell('room', 'x')).not.toThrow();
    if (!engine.isDurable) return;
    const next = await engine.open();
    expect((await next.read('room', 1, 100)).head).toBe(20);
    await next.close();
  },

  'knows ids, numbers, texts and epoch after a restart': async (engine, log) => {
    if (!engine.isDurable) return;
    const drafts = [text('1'), text('2'), edit(1, '1b'), deletion(2)];
    const answers = [];
    for (const draft of drafts) answers.push(await log.append('room', draft));
    const slice = await log.read('room', 1, 10);
    await log.close();
    const next = await engine.open();
    expect(await next.read('room', 1, 10)).toEqual(slice);
    const again = await Promise.all(drafts.map((draft) => next.append('room', draft)));
    expect(again).toEqual(answers);
    expect((await next.append('room', text('5'))).seq).toBe(5);
    await next.close();
  },

  'numbers without holes when two write at the same time': async (engine, log) => {
    if (!engine.isDurable) return;
    const other = await engine.open();
    const shared = text('shared');
    const drafts = [...range(1, 100).map((n) => text(`${n}`)), shared];
    const answers = await Promise.all(
      [log, other].flatMap((one) =>
        drafts.map((draft) => one.append('room', draft === shared ? shared : text(draft.text))),
      ),
    );
    const seqs = answers.map(({ seq }) => seq);
    expect([...new Set(seqs)].sort((a, b) => a - b)).toEqual(range(1, 201));
    expect(seqs[100]).toBe(seqs[201]); // the one that both have written
    expect(new Set(answers.map(({ epoch }) => epoch)).size).toBe(1);
    await other.close();
  },

  'does what the log in memory does, whatever is written': async (_, log) => {
    const draft = fc.record({
      id: fc.integer({ min: 1, max: 40 }).map(String),
      author: fc.constantFrom(ANNA, BERT),
      kind: fc.constantFrom('text', 'text', 'edit', 'delete'),
      text: fc.string({ unit: 'binary', maxLength: 9 }),
      target: fc.integer({ min: -1, max: 12 }),
    }) as fc.Arbitrary<Draft>;
    let run = 0;
    // What is in one list is appended at the same time.
    const lists = fc.array(fc.array(draft, { maxLength: 8 }), { maxLength: 6 });
    const property = fc.asyncProperty(lists, async (drafts) => {
      const room = `room${run++}`;
      const model = new MemoryLog();
      for (const list of drafts) {
        const append = (to: RoomLog) => Promise.all(list.map((one) => to.append(room, one)));
        const seqs = (await append(model)).map(({ seq }) => seq);
        expect((await append(log)).map(({ seq }) => seq)).toEqual(seqs);
      }
      const plain = async (from: RoomLog) => {
        const { floor, head, entries } = await from.read(room, 1, 100);
        return { floor, head, entries: entries.map((entry) => ({ ...entry, at: 0 })) };
      };
      expect(await plain(log)).toEqual(await plain(model));
    });
    await fc.assert(property, { numRuns: Number(process.env['FUZZ_RUNS'] ?? 150) });
  },
};

/** Runs them all on one kind of log. `start` may use `onTestFinished`. */
export function contract(name: string, start: () => Promise<Engine>): void {
  describe(name, () => {
    test.each(Object.entries(PROMISES))('%s', async (_title, promise) => {
      const engine = await start();
      const log = await engine.open();
      try {
        await promise(engine, log);
      } finally {
        await log.close();
      }
    });

    test.each(Object.entries(TEXTS))('keeps text as it is: %s', async (_title, content) => {
      const log = await (await start()).open();
      await log.append('room', text(content, { author: { id: content, name: content } }));
      await log.append('room', text('of the same author', { author: { id: content, name: '' } }));
      await log.append('room', deletion(2, { author: { id: content, name: '' } }));
      const [first, second] = (await log.read('room', 1, 9)).entries;
      expect(first).toMatchObject({ text: content, author: { id: content, name: content } });
      expect(second).toMatchObject({ text: '' });
      await log.close();
    });
  });
}
