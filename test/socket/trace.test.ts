import type { TracedFrame } from 'barewire';
import { describe, expect, test } from 'vitest';
import { traceOf } from '../../src/socket/trace.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { type Hooks, unconnected } from './inner.ts';

const frame: TracedFrame = {
  direction: 'sent',
  fin: true,
  rsv1: false,
  opcode: 1,
  payloadLength: 0,
  payload: undefined,
};

/** A trace by a handler, and what was reported. */
function trace(handler: NonNullable<Hooks['frame']>) {
  const reported: [unknown, WebSocket][] = [];
  const { inner, socket } = unconnected();
  const hooks = {
    frame: handler,
    report: (error: unknown, about: WebSocket) => reported.push([error, about]),
  };
  return { traced: traceOf(hooks as unknown as Hooks, inner)!, reported, socket };
}

test('without a handler there is no trace', () => {
  const { inner } = unconnected();
  expect(traceOf({} as Hooks, inner)).toBeUndefined();
  expect(inner.frame).toBeUndefined();
});

test('the handler gets the socket and each frame', () => {
  const calls: unknown[] = [];
  const { traced, reported, socket } = trace((...args) => calls.push(args));
  traced(frame);
  traced({ ...frame, opcode: 2 });
  expect(calls).toEqual([
    [socket, frame],
    [socket, { ...frame, opcode: 2 }],
  ]);
  expect(reported).toEqual([]);
});

describe('a handler that fails', () => {
  test('is reported once, though the report makes another frame', () => {
    const { inner } = unconnected();
    let reports = 0;
    const report = () => {
      reports++;
      traced(frame);
    };
    const fail = () => {
      throw new Error('of the handler');
    };
    const traced = traceOf({ frame: fail, report } as unknown as Hooks, inner)!;
    traced(frame);
    expect(reports).toBe(1);
  });

  test('is reported and not called again', () => {
    let calls = 0;
    const { traced, reported, socket } = trace(() => {
      calls++;
      throw 'why';
    });
    traced(frame);
    traced(frame);
    expect(calls).toBe(1);
    expect(reported).toEqual([['why', socket]]);
  });

  test('by rejections is reported once, though it was called more often before', async () => {
    let calls = 0;
    const { traced, reported } = trace(async () => {
      calls++;
      throw calls;
    });
    traced(frame);
    traced(frame);
    await new Promise(setImmediate);
    traced(frame);
    expect(calls).toBe(2);
    expect(reported.map(([error]) => error)).toHaveLength(1);
  });

  test('of one socket does not end the trace of another', () => {
    const calls: WebSocket[] = [];
    const handler = (socket: WebSocket) => {
      calls.push(socket);
      throw 'why';
    };
    const [one, two] = [trace(handler), trace(handler)];
    one.traced(frame);
    two.traced(frame);
    expect(calls).toEqual([one.socket, two.socket]);
  });
});
