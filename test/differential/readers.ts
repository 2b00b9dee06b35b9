/** The same bytes, cut the same way, read by barewire and by the Receiver of `ws`, and told in the same words. */
import type { Writable } from 'node:stream';
import * as ws from 'ws';
import { ProtocolError, type ViolationId } from '../../src/protocol/errors.ts';
import type { Role } from '../../src/protocol/frame.ts';
import { InflateError } from '../../src/protocol/permessage-deflate/inflate-error.ts';
import { describeMessage, Endpoint } from '../protocol/endpoint.ts';
import { cut, toHex } from '../support/vectors.ts';

/** How the messages are compressed that come to an endpoint. */
export interface Incoming {
  readonly windowBits: number;
  readonly contextTakeover: boolean;
}

export interface Setting {
  /** The role of the endpoint that reads. */
  readonly role: Role;
  readonly maxMessageBytes: number;
  /** Undefined where permessage-deflate was not negotiated. */
  readonly incoming: Incoming | undefined;
}

export interface Reading {
  /** Messages, Pings, Pongs and the Close frame, in the order of the wire. */
  readonly events: readonly string[];
  /** The close code of the failure, if there was one. */
  readonly failure: number | undefined;
}

export interface OurReading extends Reading {
  readonly violation: ViolationId | undefined;
  /** The codec's rule, where it was one. */
  readonly inflateRule: string | undefined;
  /** How many bytes had come when it failed, or all. */
  readonly readBytes: number;
}

export function readOurs(bytes: Uint8Array, cuts: readonly number[], setting: Setting): OurReading {
  const { role, maxMessageBytes, incoming } = setting;
  const outgoing = { windowBits: 15, contextTakeover: true };
  const compression = incoming && { incoming, outgoing, thresholdBytes: 0 };
  const endpoint = new Endpoint(role, { maxMessageBytes, compression });
  const { connection } = endpoint;
  let readBytes = 0;
  for (const chunk of cut(bytes, cuts)) {
    if (connection.error !== undefined) break;
    endpoint.receive(chunk);
    readBytes += chunk.length;
  }
  const { received, error } = connection;
  const events = received === undefined ? endpoint.events : [...endpoint.events, describeClose(received)];
  const cause = error?.cause;
  return {
    events,
    violation: endpoint.violation,
    failure: error instanceof ProtocolError ? error.closeCode : undefined,
    inflateRule: cause instanceof InflateError ? cause.reason : undefined,
    readBytes,
  };
}

/** The same byte by byte, so that it is known which one failed. */
export function readOursByByte(bytes: Uint8Array, setting: Setting): OurReading {
  return readOurs(bytes, Array(bytes.length).fill(1), setting);
}

/** What of `ws` is used here, and not in its types. */
interface WsInternals {
  readonly Receiver: new (options: object) => Writable;
  readonly PerMessageDeflate: new (
    options: object,
  ) => {
    accept(configurations: object[]): void;
    cleanup(): void;
  };
}

export async function readTheirs(
  bytes: Uint8Array,
  cuts: readonly number[],
  { role, maxMessageBytes, incoming }: Setting,
): Promise<Reading> {
  const { Receiver, PerMessageDeflate } = ws as unknown as WsInternals;
  const isServer = role === 'server';
  const deflate = new PerMessageDeflate({ isServer, maxPayload: maxMessageBytes });
  if (incoming !== undefined) deflate.accept([parametersOf(incoming, isServer ? 'client' : 'server')]);
  const extensions = incoming === undefined ? {} : { 'permessage-deflate': deflate };
  const receiver = new Receiver({ isServer, maxPayload: maxMessageBytes, extensions });
  const events: string[] = [];
  let error: Error | undefined;
  const ended = new Promise<true>((resolve) => receiver.once('conclude', () => resolve(true)));
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    events.push(describeMessage(isBinary ? data : data.toString())),
  );
  receiver.on('ping', (data: Buffer) => events.push(`ping ${toHex(data)}`.trimEnd()));
  receiver.on('pong', (data: Buffer) => events.push(`pong ${toHex(data)}`.trimEnd()));
  receiver.on('conclude', (code: number, reason: Buffer) => {
    events.push(describeClose({ code, reason: reason.toString() }));
  });
  receiver.on('error', (failure: Error) => {
    error = failure;
  });
  for (const chunk of cut(bytes, cuts)) {
    const written = new Promise<boolean>((resolve) => {
      receiver.write(Buffer.from(chunk), (failure) => {
        error ??= failure ?? undefined;
        resolve(error !== undefined);
      });
    });
    // After a Close frame the callback is not called any more.
    if (await Promise.race([ended, written])) break;
  }
  receiver.destroy();
  deflate.cleanup();
  return { events, failure: error && statusOf(error) };
}

function parametersOf({ windowBits, contextTakeover }: Incoming, peer: 'client' | 'server'): object {
  return {
    [`${peer}_max_window_bits`]: [String(windowBits)],
    ...(!contextTakeover && { [`${peer}_no_context_takeover`]: [true] }),
  };
}

function statusOf(error: Error): number {
  const symbol = Object.getOwnPropertySymbols(error).find(({ description }) => description === 'status-code');
  if (symbol === undefined) throw error; // not one of its own
  return (error as unknown as Record<symbol, number>)[symbol]!;
}

function describeClose({ code, reason }: { code: number; reason: string }): string {
  return `close ${code} ${JSON.stringify(reason)}`;
}
