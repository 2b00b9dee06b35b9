/** Whatever happens to hints, to the log and to slow members: each entry comes once, in order, or a gap is announced. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/chat/limits.ts';
import { LogUnavailableError } from '../../../src/chat/log/room-log.ts';
import type { Cursor, Start } from '../../../src/chat/rooms/cursor.ts';
import { Room } from '../../../src/chat/rooms/room.ts';
import type { PreparedMessage, WebSocket } from '../../../src/index.ts';
import { Reader } from './reader.ts';
import { UnreliableLog } from './unreliable-log.ts';

/** Topics, and sockets whose peers read when the test says so. */
class Net {
  readonly #subscribers = new Map<string, Set<Peer>>();
  readonly publish = (topic: string, message: PreparedMessage) => {
    for (const peer of this.#subscribers.get(topic) ?? []) peer.send(message);
  };
  of(topic: string): Set<Peer> {
    const peers = this.#subscribers.get(topic) ?? new Set();
    this.#subscribers.set(topic, peers);
    return peers;
  }
}

class Peer {
  readonly readyState = 1;
  readonly reader: Reader;
  cursor: Cursor | undefined;
  readonly #net: Net;
  #queue: PreparedMessage[] = [];
  #isSlow = false;
  #waiting: (() => void)[] = [];

  constructor(net: Net, reader: Reader) {
    this.#net = net;
    this.reader = reader;
  }
  get socket(): WebSocket<unknown> {
    return this as unknown as WebSocket<unknown>;
  }
  get bufferedAmount(): number {
    return this.#queue.length * 20_000;
  }
  send(message: PreparedMessage): void {
    if (this.#isSlow) this.#queue.push(message);
    else this.reader.receive(message);
  }
  async drained(): Promise<void> {
    if (this.#queue.length > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  subscribe(topic: string): void {
    this.#net.of(topic).add(this);
  }
  unsubscribe(topic: string): void {
    this.#net.of(topic).delete(this);
  }
  set isSlow(isSlow: boolean) {
    this.#isSlow = isSlow;
    if (isSlow) return;
    for (const message of this.#queue.splice(0)) this.reader.receive(message);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

const write = fc.record({ do: fc.constant('write' as const), count: fc.integer({ min: 1, max: 4 }) });
const hint = fc.record({ do: fc.constant('hint' as const), index: fc.nat(6), isKept: fc.boolean() });
const lose = fc.record({ do: fc.constant('lose' as const) });
const doubt = fc.record({ do: fc.constant('doubt' as const) });
const turn = fc.record({ do: fc.constant('turn' as const) });
const join = fc.record({ do: fc.constant('join' as const), back: fc.nat(8) });
const slow = fc.record({ do: fc.constant('slow' as const), peer: fc.nat(4), isSlow: fc.boolean() });
const back = fc.record({ do: fc.constant('come back' as const), peer: fc.nat(4) });
const trim = fc.record({ do: fc.constant('trim' as const), count: fc.integer({ min: 1, max: 5 }) });
const away = fc.record({ do: fc.constant('away' as const), isAway: fc.boolean() });
const rollBack = fc.record({ do: fc.constant('roll back' as const), count: fc.integer({ min: 1, max: 4 }) });
const restart = fc.record({ do: fc.constant('restart' as const) });

const sound = [write, write, hint, hint, lose, doubt, turn, turn, join, back, slow] as const;
const broken = [...sound, trim, away, rollBack, restart] as const;
const early = [write, hint, hint, lose, doubt] as const;
type Step = typeof broken extends readonly fc.Arbitrary<infer T>[] ? T : never;

const whileOpened = fc.array(fc.oneof(...early), { maxLength: 20 });
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);
/** What is tried again comes within less than this. */
const PATIENCE_MS = 5_000;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

class Story {
  readonly log = new UnreliableLog();
  readonly net = new Net();
  readonly peers: Peer[] = [];
  /** What a reader has complained about. */
  readonly errors: Error[] = [];
  room!: Room;

  /** @param early steps that come while the room is opened */
  async run(steps: readonly Step[], early: readonly Step[] = []): Promise<void> {
    const opening = Room.open('r', this.log, DEFAULT_LIMITS, this.net.publish);
    for (const step of early) {
      await this.step(step);
      await Promise.resolve();
    }
    this.room = await opening;
    try {
      this.join(0);
      for (const step of steps) await this.step(step);
      await this.end();
    } finally {
      this.room.close();
    }
  }

  join(back: number): void {
    const seq = Math.max(0, this.room.head - back);
    const { epoch, life } = this.room;
    this.peers.push(this.enter(new Reader(epoch, seq), { epoch, seq, life }));
  }

  enter(reader: Reader, start: Start): Peer {
    const peer = new Peer(this.net, reader);
    peer.cursor = this.room.enter(peer.socket, 'json');
    peer.cursor.start(start).catch((error) => this.errors.push(error));
    return peer;
  }

  /** On a new connection, from the last entry that it was sent. Who cannot be told where that is tries later. */
  async comeBack(index: number): Promise<void> {
    const { reader, cursor } = this.peers[index]!;
    if (cursor !== undefined) this.room.leave(cursor);
    this.peers[index] = new Peer(this.net, reader);
    try {
      this.peers[index] = this.enter(reader, await this.room.locate(reader.place));
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error;
    }
  }

  async step(step: Step): Promise<void> {
    const { log } = this;
    if (step.do === 'write') {
      for (let i = 0; i < step.count; i++) {
        log.write({ id: randomUUID(), kind: 'text', text: 'x', author: { id: 'a', name: 'a' } });
      }
    } else if (step.do === 'hint') log.hint(step.index, step.isKept);
    else if (step.do === 'lose') log.hints = [];
    else if (step.do === 'doubt') log.doubt();
    else if (step.do === 'turn') await nextTurn();
    else if (step.do === 'join') this.join(step.back);
    else if (step.do === 'come back') await this.comeBack(step.peer % this.peers.length);
    else if (step.do === 'trim') log.trim(step.count);
    else if (step.do === 'away') log.isAway = step.isAway;
    else if (step.do === 'roll back') log.rollBack(step.count);
    else if (step.do === 'restart') log.restart();
    else this.peers[step.peer % this.peers.length]!.isSlow = step.isSlow;
  }

  #isUpToDate({ seq, seen }: Reader): boolean {
    const [last, known] = [this.log.entries.at(-1), seen.at(-1)];
    return seq === this.log.head && (last === undefined || known === undefined || known.id === last.id);
  }

  /** The log is there again, all read, and nothing more is hinted at: everybody must come to the head. */
  async end(): Promise<void> {
    this.log.isAway = false;
    for (const peer of this.peers) peer.isSlow = false;
    for (const [index, { cursor }] of this.peers.entries())
      if (cursor === undefined) await this.comeBack(index);
    const ids = this.log.entries.map(({ id }) => id);
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      this.log.doubt();
      await nextTurn();
      if (this.peers.every(({ reader }) => this.#isUpToDate(reader))) break;
    }
    expect(this.errors).toEqual([]);
    for (const { reader } of this.peers) {
      expect(reader.seq).toBe(this.log.head);
      const seen = reader.seen.filter(({ seq }) => seq >= this.log.floor).map(({ id }) => id);
      expect(seen).toEqual(ids.slice(ids.length - seen.length));
    }
  }
}

describe('a room', () => {
  test('refuses who comes while the log goes away, and does not let them wait', async () => {
    const log = new UnreliableLog();
    log.write({ id: '1', kind: 'text', text: 'x', author: { id: 'a', name: 'a' } });
    const net = new Net();
    const opened = await Room.open('r', log, DEFAULT_LIMITS, net.publish);
    const read = log.read.bind(log);
    let left = 1; // it can tell how far it has come, and no more
    log.read = (...range) => {
      log.isAway ||= left-- <= 0;
      return read(...range);
    };
    log.write({ id: '2', kind: 'text', text: 'x', author: { id: 'a', name: 'a' } });
    await expect(opened.locate({ epoch: log.epoch, seq: 2, id: '2' })).rejects.toThrow(LogUnavailableError);
    opened.close();
    log.isAway = false;
    left = 2; // and what came last
    const opening = Room.open('r', log, DEFAULT_LIMITS, net.publish);
    log.doubt();
    await expect(opening).rejects.toThrow(LogUnavailableError);
  });

  test('gives each member each entry once and in order, whatever becomes of the hints', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...sound), { maxLength: 60 }), whileOpened, async (steps, first) => {
        const story = new Story();
        await story.run(steps, first);
        for (const { reader } of story.peers) expect(reader.gaps).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  test('announces a gap where the log was trimmed, lost its end, or began anew', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...broken), { maxLength: 60 }), async (steps) => {
        await new Story().run(steps);
      }),
      { numRuns: RUNS },
    );
  });
});
