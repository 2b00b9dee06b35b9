/**
 * The outbox beside a server that refuses, falls silent and comes back: all that was said is written once, in the order in which it
 * was said. The store is a map here: IndexedDB runs in test/browser.
 */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { Outbox, type Waiting } from '../../public/outbox.js';

const USER = { id: 'me', name: 'Ada' };
const ROOMS = ['lobby', 'garden'];

class Store {
  readonly items = new Map<string, Waiting>();
  all = async () => [...this.items.values()].sort((a, b) => a.order - b.order || a.at - b.at);
  put = async (item: Waiting) => void this.items.set(item.id, item);
  delete = async (id: string) => void this.items.delete(id);
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

function outbox(store: Store, server: Server, tab = 'tab', alive?: string[]): Outbox {
  const tabs = { id: tab, alive: async () => alive && new Set([tab, ...alive]), tell: () => {} };
  return new Outbox(store, tabs, {
    canSend: () => server.isOpen,
    has: () => false,
    send: async (item) => {
      if (!server.isOpen) return 'closed';
      server.asked.push(item);
      return 'sent';
    },
    show: () => {},
    hide: () => {},
    silent: () => {},
    tooFast: () => {},
  });
}

type Step =
  | { do: 'say'; room: string }
  | { do: 'answer'; how: 'ack' | 'lost' | 'too-fast' | 'unavailable' }
  | { do: 'line'; isOpen: boolean }
  | { do: 'reload' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('say' as const), room: fc.constantFrom(...ROOMS) }),
  fc.record({
    do: fc.constant('answer' as const),
    how: fc.constantFrom('ack' as const, 'lost' as const, 'too-fast' as const, 'unavailable' as const),
  }),
  fc.record({ do: fc.constant('line' as const), isOpen: fc.boolean() }),
  fc.record({ do: fc.constant('reload' as const) }),
);

/** Lets promises settle, and timers that wait for so long. */
const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

test('all that was said is written once, in its order, whatever the server and the line do', async () => {
  vi.useFakeTimers();
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const [store, server] = [new Store(), new Server()];
        const said = new Map<string, string[]>(ROOMS.map((room) => [room, []]));
        let count = 0;
        let box = outbox(store, server, 'tab 0', []);
        await box.signIn(USER, false);
        const answer = (how: (Step & { do: 'answer' })['how']) => {
          const asked = server.asked.shift();
          if (!asked) return;
          if (how === 'ack' || how === 'lost') server.write(asked);
          if (how === 'ack') box.confirm(asked.id);
          else if (how !== 'lost') {
            box.refuse({ type: 'error', code: how, message: '', id: asked.id, retryAfterMs: 100 });
          }
        };
        const line = (isOpen: boolean) => {
          if (server.isOpen && !isOpen) {
            server.asked.length = 0;
            box.disconnected();
          }
          server.isOpen = isOpen;
          if (isOpen) box.pump();
        };
        for (const one of steps) {
          if (one.do === 'say') {
            const id = `id ${count++}`;
            said.get(one.room)!.push(id);
            box.add({ id, room: one.room, kind: 'text', text: id });
          } else if (one.do === 'answer') answer(one.how);
          else if (one.do === 'line') line(one.isOpen);
          else {
            line(false);
            box = outbox(store, server, `tab ${count++}`, []);
            await box.signIn(USER, false);
          }
          await pass();
        }
        // A new connection: what was on the way and was not answered is sent again.
        line(false);
        line(true);
        for (let rounds = 0; box.size > 0; rounds++) {
          expect(rounds).toBeLessThan(200);
          answer('ack');
          await pass(3_000);
        }
        expect(server.logs).toEqual(said);
        expect(store.items.size).toBe(0);
      }),
      { numRuns: 300 },
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
  expect(store.items.get('long')).toMatchObject({ state: 'failed', reason: 'text-too-long' });
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
