/** A client and a server joined in memory: whatever both do, and however the bytes between them are cut, both end. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Role } from '../../src/protocol/frame.ts';
import type { Message } from '../../src/protocol/message.ts';
import { anyMessage, anyText, fuzzTimeoutMs, runs } from '../support/arbitraries.ts';
import { describeMessage, Endpoint } from './endpoint.ts';

type Act =
  | { readonly kind: 'send'; readonly data: Message }
  | { readonly kind: 'ping'; readonly payload: Uint8Array }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  | { readonly kind: 'read'; readonly byteCount: number }
  | { readonly kind: 'fail' | 'pause' | 'resume' | 'congest' | 'relieve' | 'write' };

const often = <T>(arbitrary: fc.Arbitrary<T>) => ({ weight: 10, arbitrary });
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  often(fc.record({ kind: fc.constant('send' as const), data: anyMessage(200) })),
  often(fc.record({ kind: fc.constant('ping' as const), payload: fc.uint8Array({ maxLength: 125 }) })),
  often(fc.record({ kind: fc.constant('read' as const), byteCount: fc.oneof(fc.nat(4), fc.nat(200)) })),
  often(fc.constant({ kind: 'write' as const })),
  fc.record({
    kind: fc.constant('close' as const),
    code: fc.constantFrom(1000, 1001, 1005, 3000),
    reason: anyText(20),
  }),
  fc.record({ kind: fc.constantFrom('fail', 'pause', 'resume', 'congest', 'relieve') }),
);

/** One end and the bytes that are on their way to it. */
class End extends Endpoint {
  readonly sent: string[] = [];
  readonly pinged: number[] = [];
  failed = false;
  peer!: End;
  #incoming: Buffer = Buffer.alloc(0);

  constructor(role: Role) {
    super(role, { maxMessageBytes: 1000, maskingKey: () => 0x37fa213d });
  }

  perform(act: Act): void {
    const { connection } = this;
    if (act.kind === 'send') {
      const accepted = typeof act.data === 'string' ? connection.send(act.data) : connection.send(act.data);
      if (accepted) this.sent.push(describeMessage(act.data));
    }
    if (act.kind === 'ping' && connection.ping(act.payload)) this.pinged.push(act.payload.length);
    if (act.kind === 'close') connection.close(act.code, act.code === 1005 ? '' : act.reason);
    if (act.kind === 'pause') connection.paused = true;
    if (act.kind === 'resume') connection.paused = false;
    if (act.kind === 'congest') connection.congested = true;
    if (act.kind === 'relieve') connection.congested = false;
    if (act.kind === 'read') this.read(act.byteCount);
    if (act.kind === 'write') this.write();
    if (act.kind === 'fail') {
      this.failed ||= connection.state === 'open' || connection.state === 'closing';
      connection.fail(new Error('some reason'));
    }
  }

  /** Takes so many of the bytes that have come; what a pause leaves comes again. */
  read(byteCount: number): boolean {
    const chunk = new Uint8Array(this.#incoming.subarray(0, byteCount));
    const taken = this.connection.receive(chunk);
    this.#incoming = Buffer.concat([chunk.subarray(taken), this.#incoming.subarray(chunk.length)]);
    return taken > 0;
  }

  /** Gives the bytes that wait to the other end, unless the transport takes no more. */
  write(): boolean {
    const { connection } = this;
    if (connection.congested && connection.state !== 'draining') return false;
    const bytes = connection.takeOutput();
    this.peer.#incoming = Buffer.concat([this.peer.#incoming, bytes]);
    return bytes.length > 0;
  }

  get messages(): string[] {
    return this.events.filter((event) => !/^p[io]ng/.test(event));
  }

  get pongs(): string[] {
    return this.events.filter((event) => event.startsWith('pong'));
  }
}

function pair(): readonly [End, End] {
  const [client, server] = [new End('client'), new End('server')];
  client.peer = server;
  server.peer = client;
  return [client, server];
}

/** Goes on until neither end has anything left to read or to write. */
function settle(ends: readonly End[]): void {
  for (const { connection } of ends) {
    connection.paused = false;
    connection.congested = false;
  }
  while (ends.flatMap((end) => [end.write(), end.read(Number.MAX_SAFE_INTEGER)]).includes(true));
}

const anyScript = fc.array(fc.tuple(fc.nat(1), anyAct), { maxLength: 60 });

test('both ends close, with codes that agree, and no message is lost that should have come', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(anyScript, (script) => {
      const ends = pair();
      for (const [side, act] of script) ends[side]!.perform(act);
      settle(ends);
      if (ends.every(({ connection }) => connection.state === 'open')) {
        for (const end of ends) expect(end.messages).toEqual(end.peer.sent);
        ends[0].connection.close(1000, 'bye');
        settle(ends);
      }

      for (const end of ends) {
        const { connection, peer } = end;
        expect(connection.state).toBe('draining');
        expect(end.violation).toBeUndefined();
        // Each has heard what the other said; who has failed the connection does not listen any more.
        if (!end.failed) expect(connection.received).toEqual(peer.connection.sent);
        if (connection.received !== undefined) expect(connection.received).toEqual(peer.connection.sent);
        expect(end.failed).toBe(connection.error !== undefined);
        // Messages come in order, and all of them to an end that has not closed itself.
        expect(end.messages).toEqual(peer.sent.slice(0, end.messages.length));
        if (connection.closedBy === 'peer') expect(end.messages).toEqual(peer.sent);
        expect(end.pongs.length).toBeLessThanOrEqual(end.pinged.length);
      }
      const closers = ends.map(({ connection }) => connection.closedBy);
      expect(closers).not.toContain('network');
      expect(closers).toContain('this side');

      for (const { connection } of ends) connection.transportEnded();
      expect(ends.map(({ connection }) => connection.state)).toEqual(['closed', 'closed']);
    }),
    { numRuns: runs(400) },
  );
});

test('both ends close when the network is cut at any byte, and agree as far as they have heard', {
  timeout: fuzzTimeoutMs,
}, () => {
  fc.assert(
    fc.property(anyScript, (script) => {
      const ends = pair();
      for (const [side, act] of script) ends[side]!.perform(act);
      for (const { connection } of ends) connection.transportEnded();

      for (const end of ends) {
        const { connection, peer } = end;
        expect(connection.state).toBe('closed');
        expect(end.violation).toBeUndefined();
        if (connection.received !== undefined) expect(connection.received).toEqual(peer.connection.sent);
        if (connection.sent === undefined) expect(connection.closedBy).toBe('network');
        expect(end.messages).toEqual(peer.sent.slice(0, end.messages.length));
        // What is still asked of it afterwards changes nothing.
        const before = [connection.sent, connection.received, connection.error];
        for (const kind of ['fail', 'write'] as const) end.perform({ kind });
        end.perform({ kind: 'close', code: 1000, reason: '' });
        expect([connection.sent, connection.received, connection.error]).toEqual(before);
        expect(connection.state).toBe('closed');
      }
    }),
    { numRuns: runs(300) },
  );
});
