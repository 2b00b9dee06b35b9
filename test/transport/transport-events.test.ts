import { Duplex } from 'node:stream';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { listenTo, listenToBytes, type TransportListener } from '../../src/transport/transport-events.ts';
import { eventually } from '../support/eventually.ts';
import { socketPair } from './socket-pair.ts';

/** A transport, and what its listener was told. */
function listened() {
  const transport = new Duplex({ read() {}, write() {} });
  const log: string[] = [];
  const listener: TransportListener = {
    onChunk: (chunk) => void log.push(`chunk ${chunk.toString()}`),
    onRead: (buffer, byteCount) =>
      void log.push(`read ${Buffer.from(buffer.subarray(0, byteCount)).toString()}`),
    onDrain: () => void log.push('drain'),
    onTransportError: (error) => void log.push(`error ${error.message}`),
    onTransportEnd: () => void log.push('end'),
    onTransportClose: () => void log.push('close'),
  };
  listenTo(transport, listener);
  return { transport, listener, log };
}

test('each event is told to the listener of its own transport', () => {
  const [one, other] = [listened(), listened()];
  one.transport.emit('drain');
  one.transport.emit('error', new Error('broken'));
  one.transport.emit('end');
  one.transport.emit('close');
  expect(one.log).toEqual(['drain', 'error broken', 'end', 'close']);
  expect(other.log).toEqual([]);
});

test('chunks are told only when they are asked for', () => {
  const { transport, log } = listened();
  expect(transport.listenerCount('data')).toBe(0);
  expect(transport.isPaused()).toBe(false);
  listenToBytes(transport);
  transport.emit('data', Buffer.from('a'));
  expect(log).toEqual(['chunk a']);
});

test.each([
  ['is destroyed', (transport: Duplex) => void transport.destroy()],
  ['says that it is closed', (transport: Duplex) => void transport.emit('close')],
])('a paused transport that %s has told what it read ahead, once', async (_, end) => {
  const { transport, log } = listened();
  listenToBytes(transport);
  transport.pause();
  transport.push('a');
  transport.push('b');
  end(transport);
  await endOfTurn();
  // In one chunk or in two: versions of Node differ.
  expect(log.join().replace('chunk a,chunk b', 'chunk ab')).toBe('chunk ab,close');
});

/** The file, loaded anew, whatever the environment says. */
function withSharedReads() {
  vi.resetModules();
  vi.stubEnv('BAREWIRE_SHARED_READS', undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  return import('../../src/transport/transport-events.ts');
}

test('a socket of the system that reads already goes on, and does not stop first', async () => {
  const { listenTo, listenToBytes } = await withSharedReads();
  const [transport, peer] = await socketPair();
  const { listener, log } = listened();
  const { _handle: handle } = transport as unknown as { _handle: { readStop(): number } };
  const readStop = vi.spyOn(handle, 'readStop');
  listenTo(transport, listener);
  listenToBytes(transport);
  transport.resume();
  peer.write('a');
  await eventually(() => expect(log).toEqual(['read a']));
  expect(readStop).not.toHaveBeenCalled();
});

test('a socket of the system lends what it reads, and what it emits all the same is taken', async () => {
  const events = await withSharedReads();
  const [socket, peer] = await socketPair();
  const { listener, log } = listened();
  events.listenTo(socket, listener);
  events.listenToBytes(socket);
  socket.resume();
  peer.write('a');
  await eventually(() => expect(log).toEqual(['read a']));
  socket.emit('data', Buffer.from('b'));
  expect(log).toEqual(['read a', 'chunk b']);
});

test('all transports share their listeners', () => {
  const [one, other] = [listened().transport, listened().transport];
  for (const name of ['drain', 'error', 'end', 'close'])
    expect(one.listeners(name)).toEqual(other.listeners(name));
});
