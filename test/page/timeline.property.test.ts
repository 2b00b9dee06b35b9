/**
 * The timeline beside a whole room: a log that is written, trimmed and lost, and a line that doubles, delays, loses and breaks.
 * Whatever happens, each message is on the screen once, in order, or a gap says that it is missing.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../../public/protocol.js';
import { type Item, type Message, Timeline } from '../../public/timeline.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1_000);
/** A run takes 10 ms; the machine may be busy. */
const LIMIT = { timeout: 60 * RUNS };
const ME = { id: 'me', name: 'Me' };
const OTHERS = [
  { id: 'a', name: 'Ada' },
  { id: 'b', name: 'Grace' },
];

type Step =
  | { do: 'say'; who: number }
  | { do: 'edit' | 'delete'; pick: number }
  | { do: 'rework'; pick: number; count: number }
  | { do: 'push'; count: number; again: number; skip: number }
  | { do: 'reconnect'; fresh: number }
  | { do: 'trim'; count: number }
  | { do: 'reset' }
  | { do: 'rollback'; count: number }
  | { do: 'ask' }
  | { do: 'answer'; pick: number; keep: boolean }
  | { do: 'type' }
  | { do: 'write'; pick: number; ackFirst: boolean }
  | { do: 'lateAck'; pick: number }
  | { do: 'forget'; most: number; picks: number[] };

const small = fc.nat({ max: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('say' as const), who: fc.nat({ max: 1 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('edit' as const, 'delete' as const), pick: fc.nat() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('push' as const),
      count: small,
      again: fc.oneof(fc.constant(0), small),
      skip: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: small }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reconnect' as const), fresh: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const), count: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rollback' as const), count: small }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('ask' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('answer' as const), pick: fc.nat(), keep: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('type' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('write' as const), pick: fc.nat(), ackFirst: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lateAck' as const), pick: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rework' as const),
      pick: fc.nat(),
      count: fc.integer({ min: 1, max: 15 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('forget' as const),
      most: fc.integer({ min: 1, max: 8 }),
      picks: fc.array(fc.nat(), { maxLength: 3 }),
    }),
  },
);

interface Page {
  epoch: string;
  floor: number;
  before: number;
  entries: Entry[];
}

/** A room and its server, on the other side of a line. */
class World {
  readonly timeline = new Timeline();
  epoch = '';
  log: Entry[] = [];
  floor = 1;
  /** What each log held, as it was written, by its epoch. */
  readonly logs = new Map<string, Entry[]>();
  readonly own = new Map<string, 'typed' | 'written'>();
  readonly acks: { id: string; epoch: string; seq: number; at: number }[] = [];
  readonly pages: Page[] = [];
  /** What the server will push next, by its cursor of this connection. */
  next = 1;
  #count = 0;

  get head(): number {
    return this.log.length;
  }

  append(author: Entry['author'], kind: Entry['kind'], id: string, text: string, target?: number): Entry {
    if (this.epoch === '') {
      this.epoch = `epoch ${this.logs.size}`;
      this.logs.set(this.epoch, this.log);
      this.floor = 1;
    }
    const seq = this.head + 1;
    const entry: Entry = { seq, id, at: seq, author, kind, text, ...(target ? { target } : {}) };
    this.log.push(entry);
    if (kind === 'delete') this.log[target! - 1] = { ...this.log[target! - 1]!, text: '' };
    return entry;
  }

  /** Of any message that is in the log, also of one that is not here. */
  change(kind: 'edit' | 'delete', pick: number): void {
    const texts = this.log.filter((entry) => entry.kind === 'text' && entry.text !== '');
    const target = texts[pick % texts.length];
    const text = kind === 'edit' ? `edit ${this.#count}` : '';
    if (target) this.append(target.author, kind, this.newId(), text, target.seq);
  }

  /** Whether a message of one's own is written, and its entry has not come. */
  get hasWritten(): boolean {
    const { epoch, seq } = this.timeline.cursor ?? { epoch: '', seq: 0 };
    return this.log.some((entry) => entry.author === ME && (epoch !== this.epoch || entry.seq > seq));
  }

  /** The last entries are gone. No delete is among them: what it has emptied may be on the screen, and stays so. */
  rollBack(count: number): void {
    this.acks.length = 0; // nobody is left to send them
    const lastDelete = this.log.findLast(({ kind }) => kind === 'delete')?.seq ?? 0;
    this.log = this.log.slice(0, Math.max(this.floor - 1, lastDelete, this.head - count));
  }

  newId(): string {
    return `id ${this.#count++}`;
  }

  slice(from: number, to: number): Entry[] {
    return this.log.slice(Math.max(from, this.floor) - 1, Math.max(0, to));
  }

  /** Whether the client has seen an entry that the log has lost. */
  get isRolledBack(): boolean {
    const { epoch, seq, id } = this.timeline.cursor ?? { epoch: '', seq: 0 };
    const isHere = id !== undefined && seq >= this.floor && seq <= this.head;
    return epoch === this.epoch && (seq > this.head || (isHere && id !== this.log[seq - 1]?.id));
  }

  /** As the server does it: `from` is after what the client says it has seen, and a gap corrects it. */
  join(fresh: number): void {
    this.acks.length = 0; // those of a connection go with it
    const after = this.timeline.cursor;
    const isRolledBack = this.isRolledBack;
    const start = Math.max(this.floor, this.head - fresh + 1);
    const from = after ? after.seq + 1 : start;
    this.timeline.joined({ epoch: this.epoch, floor: this.floor, from });
    this.next = from;
    if (after && (after.epoch !== this.epoch || isRolledBack)) {
      this.next = start;
      this.timeline.gap({ epoch: this.epoch, reason: 'reset', next: start });
    } else if (from < this.floor) {
      this.next = this.floor;
      this.timeline.gap({ epoch: this.epoch, reason: 'trimmed', next: this.floor });
    }
  }

  /** By the name that the timeline has for it. */
  remember(): void {
    if (this.timeline.epoch !== '' && this.timeline.cursor?.epoch === this.epoch && !this.isRolledBack) {
      this.logs.set(this.timeline.epoch, this.log);
    }
  }

  push(count: number, again: number, skip: number): void {
    const seen = this.timeline.cursor?.epoch ?? '';
    if ((seen !== this.epoch && seen !== '') || this.isRolledBack) this.join(3); // tells of the reset
    this.acknowledgeOld();
    if (this.next < this.floor) {
      this.timeline.gap({ epoch: this.epoch, reason: 'trimmed', next: this.floor });
      this.next = this.floor;
    }
    const entries = this.slice(this.next - again + skip, this.next + skip + count - 1);
    if (entries.length === 0) return;
    if (this.timeline.entries({ epoch: this.epoch, entries })) {
      this.next = Math.max(this.next, entries.at(-1)!.seq + 1);
    } else {
      this.join(3);
    }
  }

  page(before: number): Page {
    return { epoch: this.epoch, floor: this.floor, before, entries: this.slice(before - 4, before - 1) };
  }

  write(id: string, ackFirst: boolean): void {
    this.own.set(id, 'written');
    const { seq, at } = this.append(ME, 'text', id, `mine ${id}`);
    const ack = { id, epoch: this.epoch, seq, at };
    this.acks.push(ack);
    if (!ackFirst) return;
    this.acknowledgeOld();
    this.timeline.ack(this.acks.pop()!);
  }

  /** A connection keeps the order: what was said of an earlier log has been said by now. */
  acknowledgeOld(): void {
    for (const ack of this.acks.filter(({ epoch }) => epoch !== this.epoch)) {
      this.acks.splice(this.acks.indexOf(ack), 1);
      this.timeline.ack(ack);
    }
  }

  take(step: Step): void {
    switch (step.do) {
      case 'say':
        this.append(OTHERS[step.who]!, 'text', this.newId(), `text ${this.#count}`);
        break;
      case 'edit':
      case 'delete':
        this.change(step.do, step.pick);
        break;
      case 'rework': // again and again
        for (let time = 0; time < step.count; time++) this.change('edit', step.pick);
        break;
      case 'push':
        this.push(step.count, step.again, step.skip);
        break;
      case 'reconnect':
        this.join(step.fresh);
        break;
      case 'trim':
        if (this.isRolledBack) break; // an entry that is trimmed proves nothing
        this.floor = Math.min(this.head + 1, this.floor + step.count);
        break;
      case 'reset':
        this.epoch = '';
        this.log = [];
        this.floor = 1;
        break;
      case 'rollback': {
        // Behind a gap a client has no entry by which it could be noticed, nor of what is acknowledged and has not come.
        if (this.timeline.cursor?.id !== undefined && !this.hasWritten) this.rollBack(step.count);
        break;
      }
      case 'ask':
        if (this.timeline.before !== undefined) this.pages.push(this.page(this.timeline.before));
        break;
      case 'answer': {
        const index = step.pick % Math.max(1, this.pages.length);
        const page = this.pages[index];
        if (page && !step.keep) this.pages.splice(index, 1);
        if (page) this.timeline.history(page);
        break;
      }
      case 'type': {
        const id = this.newId();
        this.own.set(id, 'typed');
        this.timeline.say({
          id,
          kind: 'text',
          text: `mine ${id}`,
          at: this.#count,
          author: ME,
          state: 'pending',
        });
        break;
      }
      case 'write': {
        const waiting = [...this.own].filter(([, state]) => state === 'typed').map(([id]) => id);
        const id = waiting[step.pick % Math.max(1, waiting.length)];
        if (id) this.write(id, step.ackFirst);
        break;
      }
      case 'lateAck': {
        const ready = this.acks.filter(({ epoch }) => epoch === this.acks[0]?.epoch);
        const ack = ready[step.pick % Math.max(1, ready.length)];
        this.acks.splice(0, this.acks.length, ...this.acks.filter((one) => one !== ack));
        if (ack) this.timeline.ack(ack);
        break;
      }
      case 'forget': // between changes of what may be gone then
        for (const pick of step.picks) this.change('edit', pick);
        this.push(2, 0, 0);
        this.timeline.trim(step.most);
        for (const pick of step.picks) this.change('edit', pick);
    }
  }

  /** The line is well again, and the reader scrolls up to the beginning. */
  settle(): void {
    this.join(50);
    this.push(this.head + 1, 0, 0);
    for (let rounds = 0; this.timeline.before !== undefined; rounds++) {
      expect(rounds, 'pages of history').toBeLessThan(200);
      this.timeline.history(this.page(this.timeline.before));
    }
  }
}

const messagesOf = (items: readonly Item[]): Message[] => items.filter((item) => item.type === 'message');

/** How many at the end are one's own, whose entries have not come. */
function echoes({ cursor, epoch }: Timeline, items: readonly Item[]): number {
  const isEcho = (item: Item) =>
    item.type === 'message' &&
    item.author.id === ME.id &&
    (item.seq === undefined || item.epoch !== epoch || item.seq > (cursor?.seq ?? 0));
  return items.length - 1 - items.findLastIndex((item) => !isEcho(item));
}

/** Each message once, in order, and nothing missing without a gap. */
function verify({ timeline, logs }: World): void {
  const items = timeline.items();
  const messages = messagesOf(items);
  expect(new Set(messages.map(({ id }) => id)).size, 'each once').toBe(messages.length);
  expect(new Set(items.map(({ key }) => key)).size, 'keys').toBe(items.length);
  // What outlives the loss of a log is in the next one: it stands below the gap, or comes with history.
  const epochs = [...logs.keys()];
  let last: Message | undefined;
  let hasGap = false;
  for (const item of items.slice(0, items.length - echoes(timeline, items))) {
    if (item.type === 'gap') {
      hasGap = true;
      continue;
    }
    if (item.seq === undefined) throw new Error('a message without a number among those of the log');
    if (last && last.epoch === item.epoch && last.seq !== undefined) {
      expect(item.seq).toBeGreaterThan(last.seq);
      const between = logs.get(item.epoch)?.slice(last.seq, item.seq - 1) ?? [];
      const later = [...logs.values()].slice(epochs.indexOf(item.epoch) + 1).flat();
      const missing = between.filter(
        ({ kind, id }) => kind === 'text' && !later.some((entry) => entry.id === id),
      );
      if (!hasGap) expect(missing, 'missing without a gap').toEqual([]);
    } else if (last) {
      expect(epochs.indexOf(item.epoch)).toBeGreaterThan(epochs.indexOf(last.epoch));
      expect(hasGap, 'another log without a word').toBe(true);
    }
    last = item;
    hasGap = false;
  }
}

test('any interleaving gives each message once, in order, or an announced gap', LIMIT, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const world = new World();
      world.join(3);
      for (const one of steps) {
        world.take(one);
        world.remember();
        verify(world);
      }
      world.settle();
      world.remember();
      verify(world);

      const shown = messagesOf(world.timeline.items());
      const kept = world.log.filter(({ kind, seq }) => kind === 'text' && seq >= world.floor);
      const here = shown.filter(
        ({ epoch, seq, state }) => epoch === world.timeline.epoch && state === 'kept' && seq! >= world.floor,
      );
      expect(here.map(({ id }) => id)).toEqual(kept.map(({ id }) => id));
      for (const message of here) {
        const changes = world.log.filter(({ target }) => target === message.seq);
        const isDeleted = changes.some(({ kind }) => kind === 'delete');
        const said = changes.findLast(({ kind }) => kind === 'edit') ?? world.log[message.seq! - 1]!;
        expect([message.isDeleted, message.text]).toEqual([isDeleted, isDeleted ? '' : said.text]);
      }
      // What was never written waits, once; what was written does not.
      const typed = [...world.own].filter(([, state]) => state === 'typed').map(([id]) => id);
      expect(shown.filter(({ state }) => state === 'pending').map(({ id }) => id)).toEqual(
        expect.arrayContaining(typed),
      );
    }),
    { numRuns: RUNS },
  );
});

test('the cursor never goes back in one log, and never beyond what has come', LIMIT, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const world = new World();
      world.join(3);
      let before = { epoch: world.timeline.epoch, seq: 0 };
      for (const one of steps) {
        world.take(one);
        world.remember();
        const { cursor, epoch } = world.timeline;
        if (cursor === undefined) continue;
        expect(cursor.seq).toBeLessThanOrEqual(world.logs.get(epoch)!.length);
        if (epoch === before.epoch) expect(cursor.seq).toBeGreaterThanOrEqual(before.seq);
        before = { epoch, seq: cursor.seq };
      }
    }),
    { numRuns: RUNS },
  );
});
