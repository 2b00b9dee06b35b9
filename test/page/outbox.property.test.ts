/**
 * The outbox beside a server that refuses, falls silent and comes back: all that was said is written once, in the order in which it
 * was said. The store is a map here: IndexedDB runs in test/browser.
 */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { Outbox, type Waiting } from '../../public/outbox.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);
const USER = { id: 'me', name: 'Ada' };
const ROOMS = ['lobby', 'garden'];

/** Does one thing after the other, as IndexedDB does, each in a millisecond. One that is broken does nothing. */
class Store {
  readonly items = new Map<string, Waiting>();
  isBroken = false;
  settled: Promise<unknown> = Promise.resolve();

  all = () => this.#use(() => [...this.items.values()]);
  put = (item: Waiting) => this.#use(() => void this.items.set(item.id, item));
  delete = (id: string) => this.#use(() => void this.items.delete(id));

  #use<T>(act: () => T): Promise<T | undefined> {
    const done = this.settled.then(async () => {
      const result = this.isBroken ? undefined : act();
      await new Promise((resolve) => setTimeout(resolve, 1));
      return result;
    });
    this.settled = done;
    return done;
  }
}

/** A server that keeps each id once, and a line to it. */
class Server {
  readonly logs = new Map<string, string[]>(ROOMS.map((room) => [room, []]));
  readonly asked: Waiting[] = [];
  isOpen = true;

  write({ room, id }: Waiting): void {
    const log = this.logs.get(room)!;
    if (!log.includes(id)) log.push(id);
  }
}

/** @param shown what waits, as a timeline shows it */
function outbox(
  store: Store,
  server: Server,
  tab = 'tab',
  alive?: string[],
  shown = new Map<string, Waiting>(),
): Outbox {
  const tabs = { id: tab, alive: async () => alive && new Set([tab, ...alive]), tell: () => {} };
  return new Outbox(store, tabs, {
    canSend: () => server.isOpen,
    has: () => false,
    send: async (item) => {
      if (!server.isOpen) return 'closed';
      server.asked.push(item);
      return 'sent';
    },
    show: (item) => void shown.set(item.id, item),
    hide: ({ id }) => void shown.delete(id),
    silent: () => {},
    tooFast: () => {},
  });
}

type Step =
  | { do: 'say'; room: string }
  | { do: 'answer'; how: 'ack' | 'lost' | 'too-fast' | 'unavailable' }
  | { do: 'line'; isOpen: boolean }
  | { do: 'store'; isBroken: boolean }
  | { do: 'reload' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('say' as const), room: fc.constantFrom(...ROOMS) }),
  fc.record({
    do: fc.constant('answer' as const),
    how: fc.constantFrom('ack' as const, 'lost' as const, 'too-fast' as const, 'unavailable' as const),
  }),
  fc.record({ do: fc.constant('line' as const), isOpen: fc.boolean() }),
  fc.record({ do: fc.constant('store' as const), isBroken: fc.boolean() }),
  fc.record({ do: fc.constant('reload' as const) }),
);

/** Lets promises settle, and timers that wait for so long. */
const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

/** Somebody who says things on a page beside that server and that store, and what became of them. */
class World {
  readonly store = new Store();
  readonly server = new Server();
  readonly said = new Map<string, string[]>(ROOMS.map((room) => [room, []]));
  readonly #confirmed = new Set<string>();
  #count = 0;
  #box = this.#open();

  #open(): Outbox {
    const box = outbox(this.store, this.server, `tab ${this.#count++}`, []);
    void box.signIn(USER, false);
    return box;
  }

  say(room: string): void {
    const id = `id ${this.#count++}`;
    this.said.get(room)!.push(id);
    this.#box.add({ id, room, kind: 'text', text: id });
  }

  answer(how: (Step & { do: 'answer' })['how']): void {
    const asked = this.server.asked.shift();
    if (!asked) return;
    if (how === 'ack' || how === 'lost') this.server.write(asked);
    if (how === 'ack') {
      this.#confirmed.add(asked.id);
      this.#box.confirm(asked.id);
    } else if (how !== 'lost') {
      this.#box.refuse({ type: 'error', code: how, message: '', id: asked.id, retryAfterMs: 100 });
    }
  }

  line(isOpen: boolean): void {
    if (this.server.isOpen && !isOpen) {
      this.server.asked.length = 0;
      this.#box.disconnected();
    }
    this.server.isOpen = isOpen;
    if (isOpen) void this.#box.signIn(USER, false);
    this.#box.pump();
  }

  /** What no store has taken does not outlive the page: then it stays. */
  async reload(): Promise<void> {
    await pass(100); // so that what was to be stored is
    const isSafe = (id: string) => this.#confirmed.has(id) || this.store.items.has(id);
    if (this.store.isBroken || ![...this.said.values()].flat().every(isSafe)) return;
    this.line(false);
    this.#box = this.#open();
    this.say(ROOMS[0]!); // before anything is read
    await pass(10);
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'say') this.say(step.room);
    else if (step.do === 'answer') this.answer(step.how);
    else if (step.do === 'line') this.line(step.isOpen);
    else if (step.do === 'store') this.store.isBroken = step.isBroken;
    else await this.reload();
  }

  /** A new connection: what was on the way and was not answered is sent again. */
  async settle(): Promise<void> {
    this.store.isBroken = false;
    this.line(false);
    await pass(100);
    this.line(true);
    await pass(100);
    for (let rounds = 0; this.#box.size > 0; rounds++) {
      expect(rounds).toBeLessThan(200);
      this.answer('ack');
      await pass(3_000);
    }
  }
}

test('all that was said is written once, in its order, whatever server, line and store do', async () => {
  vi.useFakeTimers();
  try {
    const steps = fc.array(fc.tuple(step, fc.nat({ max: 3 })), { maxLength: 40, size: 'max' });
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const world = new World();
        for (const [step, ms] of steps) {
          await world.take(step);
          await pass(ms);
        }
        await world.settle();
        expect(world.server.logs).toEqual(world.said);
        expect([...world.store.items.keys()]).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  } finally {
    vi.useRealTimers();
  }
});

test('a tab sends what is its own, and what those have left that are gone', async () => {
  const [store, server] = [new Store(), new Server()];
  server.isOpen = false;
  const other = outbox(store, server, 'other', []);
  await other.signIn(USER, false);
  other.add({ id: 'theirs', room: 'lobby', kind: 'text', text: '' });
  await vi.waitFor(() => expect(store.items.size).toBe(1));
  server.isOpen = true;

  const neighbour = outbox(store, server, 'tab', ['other']);
  await neighbour.signIn(USER, false);
  neighbour.pump();
  expect(server.asked).toEqual([]);
  expect(neighbour.size).toBe(1);

  const heir = outbox(store, server, 'heir', []);
  await heir.signIn(USER, false);
  await vi.waitFor(() => expect(server.asked.map(({ id }) => id)).toEqual(['theirs']));
});

test('what the server never takes fails, and goes out when it is asked for again', async () => {
  const [store, server] = [new Store(), new Server()];
  const box = outbox(store, server, 'tab', []);
  await box.signIn(USER, false);
  box.add({ id: 'long', room: 'lobby', kind: 'text', text: '' });
  box.add({ id: 'next', room: 'lobby', kind: 'text', text: '' });
  box.refuse({ type: 'error', code: 'text-too-long', message: '', id: 'long' });
  await vi.waitFor(() => expect(server.asked.map(({ id }) => id)).toEqual(['long', 'next']));
  await vi.waitFor(() =>
    expect(store.items.get('long')).toMatchObject({ state: 'failed', reason: 'text-too-long' }),
  );
  box.confirm('next');
  box.retry('long');
  await vi.waitFor(() => expect(server.asked.map(({ id }) => id)).toEqual(['long', 'next', 'long']));
});

test('an account does not see what another one has left behind', async () => {
  const [store, server] = [new Store(), new Server()];
  server.isOpen = false;
  const box = outbox(store, server, 'tab', []);
  await box.signIn(USER, true);
  box.add({ id: 'hers', room: 'lobby', kind: 'text', text: '' });
  await vi.waitFor(() => expect(store.items.size).toBe(1));
  await box.signIn({ id: 'you', name: 'Ada' }, true);
  expect(box.size).toBe(0);
  await box.signIn(USER, true);
  expect(box.size).toBe(1);
});

test('without accounts another name may send what was said, and not what was to be changed', async () => {
  const [store, server] = [new Store(), new Server()];
  server.isOpen = false;
  const box = outbox(store, server, 'tab', []);
  await box.signIn(USER, false);
  box.add({ id: 'said', room: 'lobby', kind: 'text', text: 'x' });
  box.add({ id: 'edit', room: 'lobby', kind: 'edit', target: 1, targetId: 'hers', text: 'y' });
  await vi.waitFor(() => expect(store.items.size).toBe(2));
  await box.signIn({ id: 'you', name: 'Bob' }, false);
  expect([box.size, [...store.items.keys()]]).toEqual([1, ['said']]);
  server.isOpen = true;
  box.pump();
  expect(server.asked).toEqual([]);
  box.retry('said');
  expect(server.asked.map(({ id, author }) => [id, author.name])).toEqual([['said', 'Bob']]);
});

test('a change whose target is gone holds up nothing', async () => {
  const [store, server] = [new Store(), new Server()];
  const [room] = ROOMS as [string];
  server.isOpen = false;
  const box = outbox(store, server);
  await box.signIn(USER, false);
  box.add({ id: 'edit', room, kind: 'edit', target: 1, targetId: 'gone', text: 'x' });
  box.add({ id: 'say', room, kind: 'text', text: 'y' });
  server.isOpen = true;
  box.pump();
  expect(server.asked.map(({ id }) => id)).toEqual(['edit']);
  box.refuse({ type: 'error', code: 'not-yours', message: '', id: 'edit' });
  expect(server.asked.map(({ id }) => id)).toEqual(['edit', 'say']);
  box.confirm('say');
  expect([box.size, store.items.size]).toEqual([0, 0]);
});

/** Somebody signed in without a line, with what the page shows of what waits. */
async function offline(store = new Store(), tab = 'tab', alive: string[] = []) {
  const server = new Server();
  server.isOpen = false;
  const shown = new Map<string, Waiting>();
  const box = outbox(store, server, tab, alive, shown);
  await box.signIn(USER, false);
  const say = (...ids: string[]) => {
    for (const id of ids) box.add({ id, room: 'lobby', kind: 'text', text: id });
  };
  return { server, store, shown, box, say };
}

test('a new connection loses nothing that waits, though the store cannot be read', async () => {
  const { store, shown, box, say } = await offline();
  store.isBroken = true;
  say('one', 'two');
  const again = box.signIn(USER, false);
  expect([...shown.keys()]).toEqual(['one', 'two']);
  say('three');
  await again;
  expect([...shown.keys()]).toEqual(['one', 'two', 'three']);
  store.isBroken = false;
  await box.signIn(USER, false);
  await store.settled;
  expect([...store.items.keys()]).toEqual(['one', 'two', 'three']);
});

test('what is said before the store is read stands and goes behind what was said before', async () => {
  const { store, say } = await offline();
  say('one', 'two');
  await store.settled;
  const [server, shown] = [new Server(), new Map<string, Waiting>()];
  server.isOpen = false;
  const heir = outbox(store, server, 'heir', [], shown);
  const read = heir.signIn(USER, false);
  heir.add({ id: 'three', room: 'lobby', kind: 'text', text: '' });
  await read;
  expect([...shown.keys()]).toEqual(['one', 'two', 'three']);
  server.isOpen = true;
  heir.pump();
  expect(server.asked.map(({ id }) => id)).toEqual(['one']);
});

test('of what other tabs have said, what they have sent goes', async () => {
  const { store, shown, box, say } = await offline(new Store(), 'tab', ['other']);
  const other = await offline(store, 'other', ['tab']);
  say('mine');
  other.say('theirs', 'sent');
  await store.settled;
  await box.adopt();
  expect([...shown.keys()].sort()).toEqual(['mine', 'sent', 'theirs']);
  other.box.confirm('sent');
  await store.settled;
  await box.adopt();
  expect([...shown.keys()].sort()).toEqual(['mine', 'theirs']);
});

test('what is discarded while the store is read stays so', async () => {
  const { store, shown, box, say } = await offline();
  say('one');
  await store.settled;
  const read = box.adopt();
  await Promise.resolve(); // the store has been asked
  box.drop('one');
  await read;
  expect([box.size, shown.size]).toEqual([0, 0]);
});

test('at once nothing of somebody else is sent, and it goes out by itself when its author is back', async () => {
  const { server, store, box, say } = await offline();
  say('one');
  store.isBroken = true;
  const asOther = box.signIn({ id: 'you', name: 'Bob' }, false);
  server.isOpen = true;
  box.pump();
  await asOther;
  expect([server.asked, box.size]).toEqual([[], 1]);
  await box.signIn({ id: 'new', name: 'Ada' }, false);
  expect(server.asked.map(({ id, author }) => [id, author.id])).toEqual([['one', 'new']]);
});
