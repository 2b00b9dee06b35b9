import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openRedisLog, type RedisOptions } from '../../../src/chat/log/redis-log.ts';
import { LogUnavailableError, type RoomLog } from '../../../src/chat/log/room-log.ts';
import { eventually } from '../../support/eventually.ts';
import { REDIS, RedisServer } from '../../support/redis-server.ts';
import { leftOutWithout } from '../../support/tools.ts';
import { contract } from './contract.ts';
import { deletion, edit, Notes, range, text } from './drafts.ts';

describe.skipIf(leftOutWithout(REDIS))('with Redis', () => {
  let redis: RedisServer;
  let prefixes = 0;

  beforeAll(async () => {
    redis = await RedisServer.start('--appendonly', 'yes');
  });
  afterAll(() => redis.remove());

  async function open(options: Partial<RedisOptions> = {}): Promise<RoomLog> {
    const log = await openRedisLog({ url: redis.url, prefix: `test${prefixes++}:`, ...options });
    onTestFinished(() => log.close());
    return log;
  }

  contract('the log in Redis', async () => {
    const prefix = `contract${prefixes++}:`;
    return {
      open: (keep) => open({ prefix, keep }),
      isDurable: true,
      window: { keep: 20, overflow: 250 },
      empty: async () => void (await redis.ask('FLUSHALL')),
    };
  });

  test('another process hears what is written and told', async () => {
    const [one, two] = [await open({ prefix: 'both:' }), await open({ prefix: 'both:' })];
    const notes = new Notes();
    await two.watch('room', notes);
    for (const n of range(1, 20)) await one.append('room', text(`${n}`));
    one.tell('room', 'typing');
    await eventually(() => expect(notes).toMatchObject({ seqs: range(1, 20), told_: ['typing'] }));
  });

  test('the number of subscriptions goes down again', async () => {
    const log = await open({ prefix: 'few:' });
    for (let round = 0; round < 5; round++) {
      const ends = await Promise.all(range(1, 20).map((n) => log.watch(`room${n % 10}`, new Notes())));
      for (const end of ends) end();
    }
    await eventually(async () => expect(await redis.ask('PUBSUB', 'CHANNELS', 'few:*')).toEqual([]));
    const notes = new Notes();
    (await log.watch('room1', new Notes()))();
    await log.watch('room1', notes);
    await log.append('room1', text('1'));
    await eventually(() => expect(notes.seqs).toEqual([1]));
  });

  test('scripts that were flushed are sent again', async () => {
    const log = await open();
    await log.append('room', text('1'));
    await redis.ask('SCRIPT', 'FLUSH');
    expect((await log.append('room', text('2'))).seq).toBe(2);
    await redis.ask('SCRIPT', 'FLUSH');
    expect((await log.read('room', 1, 9)).head).toBe(2);
  });

  test('all keys of a room are in one slot, ids expire, and what was erased goes with the window', async () => {
    const log = await open({ prefix: 'slots:', keep: 5 });
    for (const n of range(1, 150)) await log.append('room', n % 2 === 1 ? text(`${n}`) : deletion(n - 1));
    await log.append('room', edit(1, 'late'));
    const keys = (await redis.ask('KEYS', 'slots:*')) as string[];
    expect(new Set(keys.map((key) => /\{.*?\}/.exec(key)?.[0]))).toEqual(new Set(['{room}']));
    const { floor, head } = await log.read('room', 1, 1);
    expect(floor).toBeGreaterThan(50);
    const erased = Number(await redis.ask('ZCARD', 'slots:{room}:erased'));
    expect(erased).toBeLessThanOrEqual((head - floor + 1) / 2 + 1);
    const ids = keys.filter((key) => key.includes(':id:'));
    expect(ids.length).toBe(151);
    expect(Number(await redis.ask('PTTL', ids[0]!))).toBeGreaterThan(23 * 3600 * 1000);
  });

  test('a lost announcement is found by reading', async () => {
    const log = await open({ prefix: 'lost:' });
    const notes = new Notes();
    await log.watch('room', notes);
    await redis.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
    const { seq } = await log.append('room', text('while nobody hears'));
    await eventually(() => expect(notes.doubts).toBe(1));
    expect((await log.read('room', seq, seq)).entries[0]!.text).toBe('while nobody hears');
    await log.append('room', text('and again'));
    await eventually(() => expect(notes.seqs.at(-1)).toBe(seq + 1));
  });

  test('a connection that is killed comes back; an answer that is lost is no acknowledgement', async () => {
    const log = await open();
    const acks = new Map<string, number>();
    let retries = 0;
    let isOver = false;
    const writers = range(1, 10).map(async (writer) => {
      for (let n = 1; !isOver; n++) {
        const draft = text(`${writer}.${n}`);
        while (!acks.has(draft.id)) {
          try {
            acks.set(draft.id, (await log.append('room', draft)).seq);
          } catch (error) {
            expect(error).toBeInstanceOf(LogUnavailableError);
            retries++;
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        }
      }
    });
    for (const round of range(1, 5)) {
      await eventually(() => expect(acks.size).toBeGreaterThan(100 * round));
      await redis.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    }
    await eventually(() => expect(retries).toBeGreaterThanOrEqual(5));
    isOver = true;
    await Promise.all(writers);
    const seqs = new Map<string, number>();
    for (let from = 1; from <= acks.size; from += 200) {
      for (const { id, seq } of (await log.read('room', from, from + 199)).entries) seqs.set(id, seq);
    }
    expect(seqs).toEqual(new Map([...acks].sort(([, a], [, b]) => a - b)));
    expect([...seqs.values()].sort((a, b) => a - b)).toEqual(range(1, acks.size));
  });

  test('begins although Redis is not there', async () => {
    const errors: Error[] = [];
    const log = await open({ url: 'redis://127.0.0.1:1', onError: (error) => errors.push(error) });
    await expect(log.append('room', text('1'))).rejects.toBeInstanceOf(LogUnavailableError);
    expect(errors.length).toBeGreaterThan(0);
  });

  test('a connection on which nothing happens stays', async () => {
    const errors: Error[] = [];
    const log = await open({ onError: (error) => errors.push(error) });
    const notes = new Notes();
    await log.watch('room', notes);
    await new Promise((resolve) => setTimeout(resolve, 6000)); // longer than the time after which a dead one is given up
    expect({ errors, doubts: notes.doubts }).toEqual({ errors: [], doubts: 0 });
    await log.append('room', text('1'));
    await eventually(() => expect(notes.seqs).toEqual([1]));
  });

  test('a URL that is none is refused', async () => {
    await expect(open({ url: 'http://127.0.0.1' })).rejects.toThrow();
  });
});

describe.skipIf(leftOutWithout(REDIS))('a Redis that', () => {
  async function own(...options: string[]) {
    const redis = await RedisServer.start(...options);
    onTestFinished(() => redis.remove());
    const errors: Error[] = [];
    const log = await openRedisLog({ url: redis.url, onError: (error) => errors.push(error) });
    onTestFinished(() => log.close());
    const notes = new Notes();
    await log.watch('room', notes);
    return { redis, log, notes, errors };
  }

  async function refusedWithin(ms: number, log: RoomLog) {
    const start = performance.now();
    const calls = [log.append('room', text('x')), log.read('room', 1, 1), log.watch('other', new Notes())];
    for (const one of await Promise.allSettled(calls)) {
      expect(one).toMatchObject({ reason: expect.any(LogUnavailableError) });
    }
    expect(performance.now() - start).toBeLessThan(ms);
  }

  test('dies and comes back with AOF: same log, then doubt', async () => {
    const { redis, log, notes } = await own('--appendonly', 'yes', '--appendfsync', 'always');
    const drafts = range(1, 50).map((n) => text(`${n}`));
    const { epoch } = (await Promise.all(drafts.map((draft) => log.append('room', draft))))[0]!;
    await redis.kill();
    await refusedWithin(2500, log);
    log.tell('room', 'into the void');
    await redis.start();
    await eventually(() => expect(notes.doubts).toBe(1));
    const again = await eventually(() => log.append('room', drafts[9]!));
    expect(again).toMatchObject({ epoch, seq: 10 });
    expect(await log.append('room', text('51'))).toMatchObject({ epoch, seq: 51 });
    await eventually(() => expect(notes.seqs.at(-1)).toBe(51));
  });

  test('was away when the watching ended: the room is left when something is heard from it', async () => {
    const { redis, log } = await own();
    const subscribers = () => redis.ask('PUBSUB', 'NUMSUB', 'barewire:{left}:hints', 'barewire:{late}:hints');
    const end = await log.watch('left', new Notes());
    redis.pause();
    await expect(log.watch('late', new Notes())).rejects.toThrow(/does not answer/);
    end();
    redis.resume();
    const count = (left: number, late: number) =>
      eventually(async () =>
        expect(await subscribers()).toEqual(['barewire:{left}:hints', left, 'barewire:{late}:hints', late]),
      );
    await count(1, 1);
    await eventually(() => log.append('left', text('1')));
    await log.append('late', text('1'));
    await count(0, 0);
    await redis.kill();
    await redis.start();
    await eventually(() => log.append('left', text('2')));
    await count(0, 0);
  });

  test('comes back empty: another epoch', async () => {
    const { redis, log, notes } = await own();
    const { epoch } = await log.append('room', text('1'));
    await redis.kill();
    await redis.start();
    await eventually(() => expect(notes.doubts).toBe(1));
    await eventually(async () => expect((await log.read('room', 1, 9)).head).toBe(0));
    const next = await log.append('room', text('1'));
    expect(next.seq).toBe(1);
    expect(next.epoch).not.toBe(epoch);
  });

  test('comes back without its last entries: another epoch, for the numbers are given anew', async () => {
    const { redis, log, notes } = await own();
    const kept = text('kept');
    const { epoch } = await log.append('room', kept);
    await redis.ask('SAVE');
    for (const n of range(2, 5)) await log.append('room', text(`${n}`));
    await redis.kill();
    await redis.start();
    await eventually(() => expect(notes.doubts).toBe(1));
    const slice = await eventually(() => log.read('room', 1, 9));
    expect(slice).toMatchObject({ floor: 1, head: 1, entries: [kept] });
    expect(slice.epoch).not.toBe(epoch);
    expect(await log.append('room', kept)).toMatchObject({ seq: 1, epoch: slice.epoch });
    expect(await log.append('room', text('2'))).toMatchObject({ seq: 2, epoch: slice.epoch });
    expect((await log.read('room', 1, 9)).epoch).toBe(slice.epoch);
  });

  test('stands still: refused soon, and what it did write after all is known', async () => {
    const { redis, log, notes } = await own();
    await log.append('room', text('1'));
    redis.pause();
    const draft = text('2');
    const start = performance.now();
    await expect(log.append('room', draft)).rejects.toBeInstanceOf(LogUnavailableError);
    expect(performance.now() - start).toBeLessThan(2500);
    await refusedWithin(2500, log);
    redis.resume();
    expect(await eventually(() => log.append('room', draft))).toMatchObject({ seq: 2 });
    await eventually(async () => expect((await log.read('room', 1, 9)).head).toBe(2));
    await eventually(async () => {
      await log.append('room', text('more'));
      expect(notes.seqs.at(-1)).toBeGreaterThan(2);
    });
  });

  test('stands still for long: nothing piles up, and it comes back', async () => {
    const { redis, log, notes } = await own();
    redis.pause();
    await Promise.allSettled(range(1, 100).map(() => log.append('room', text('x'.repeat(1000)))));
    const start = performance.now(); // while it owes answers, nothing more is sent
    await expect(log.append('room', text('x'))).rejects.toThrow(/does not answer/);
    await expect(log.read('room', 1, 1)).rejects.toThrow(/does not answer/);
    expect(performance.now() - start).toBeLessThan(500);
    await eventually(() => expect(log.append('room', text('y'))).rejects.toThrow(/cannot be reached/));
    redis.resume();
    await eventually(() => log.append('room', text('z')));
    await eventually(() => expect(notes.doubts).toBeGreaterThan(0));
  });

  test('is full: refused, nothing half written', async () => {
    const { redis, log } = await own('--maxmemory-policy', 'noeviction');
    await log.append('room', text('1'));
    await redis.ask('CONFIG', 'SET', 'maxmemory', '1mb');
    await expect(log.append('room', text('2'))).rejects.toThrow(/OOM/);
    await expect(log.append('new', text('1'))).rejects.toBeInstanceOf(LogUnavailableError);
    expect(await log.read('room', 1, 9)).toMatchObject({ head: 1 });
    await redis.ask('CONFIG', 'SET', 'maxmemory', '0');
    expect(await log.append('room', text('2'))).toMatchObject({ seq: 2 });
    expect(await log.append('new', text('1'))).toMatchObject({ seq: 1 });
  });
});
