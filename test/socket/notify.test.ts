import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { CloseInfo } from 'barewire';
import { expect, onTestFinished, test, vi } from 'vitest';
import { failedOpening } from '../../src/socket/close-info.ts';
import { notifyEnd, notifyOpen, notifyPing, notifyPong } from '../../src/socket/notify.ts';
import { Listeners } from '../../src/socket/socket-event-target.ts';

const error = new Error('why');
const failed = failedOpening(error, 'network');
const clean: CloseInfo = { ...failed, code: 1000, reason: 'bye', wasClean: true, error: undefined };

/** A target whose events are recorded, together with what is published on all channels. */
function recorded(types: string[], isMonitored: boolean) {
  const target = new EventTarget();
  const told: unknown[] = [];
  const listeners = new Listeners();
  for (const type of types) {
    listeners.types.add(type);
    target.addEventListener(type, (event) => told.push(event));
  }
  for (const type of isMonitored ? ['open', 'close', 'error', 'ping', 'pong'] : []) {
    const listener = (message: unknown) => void told.push([type, message]);
    subscribe(`barewire:${type}`, listener);
    onTestFinished(() => void unsubscribe(`barewire:${type}`, listener));
  }
  return { socket: target, told, listeners };
}

test('open: the channel, then the event', () => {
  const { socket, told, listeners } = recorded(['open'], true);
  notifyOpen({ socket, listeners });
  expect(told).toEqual([['open', { socket }], expect.objectContaining({ type: 'open' })]);
});

test('a failure: both channels, then both events', () => {
  const { socket, told, listeners } = recorded(['error', 'close'], true);
  notifyEnd({ socket, listeners }, failed);
  expect(told).toEqual([
    ['error', { socket, error }],
    ['close', { socket, info: failed }],
    expect.objectContaining({ type: 'error', error }),
    expect.objectContaining({ type: 'close', code: 1006, reason: '', wasClean: false }),
  ]);
});

test('an end without an error: nothing about errors', () => {
  const { socket, told, listeners } = recorded(['error', 'close'], true);
  notifyEnd({ socket, listeners }, clean);
  expect(told).toEqual([
    ['close', { socket, info: clean }],
    expect.objectContaining({ type: 'close', code: 1000, reason: 'bye', wasClean: true }),
  ]);
});

test('ping and pong: the channel', () => {
  const { socket, told } = recorded([], true);
  const payload = Uint8Array.of(1);
  notifyPing(socket, payload);
  notifyPong(socket, payload, undefined);
  notifyPong(socket, payload, 5);
  expect(told).toEqual([
    ['ping', { socket, payload }],
    ['pong', { socket, payload, roundTripMs: undefined }],
    ['pong', { socket, payload, roundTripMs: 5 }],
  ]);
});

test('only types with a listener get an event', () => {
  const { socket, listeners } = recorded([], false);
  const dispatched = vi.spyOn(socket, 'dispatchEvent');
  for (const some of [undefined, listeners]) {
    notifyOpen({ socket, listeners: some });
    notifyEnd({ socket, listeners: some }, failed);
  }
  notifyPing(socket, Uint8Array.of(1));
  notifyPong(socket, Uint8Array.of(1), 5);
  expect(dispatched).not.toHaveBeenCalled();
  listeners.types.add('close');
  notifyEnd({ socket, listeners }, failed);
  expect(dispatched.mock.calls.map(([{ type }]) => type)).toEqual(['close']);
});

test('a subscriber of a channel can add the first listener', () => {
  const { socket, told, listeners } = recorded([], false);
  const inner: { socket: EventTarget; listeners: Listeners | undefined } = { socket, listeners: undefined };
  for (const type of ['open', 'close']) {
    const listen = () => {
      inner.listeners = listeners;
      listeners.types.add(type);
      socket.addEventListener(type, () => told.push(type));
    };
    subscribe(`barewire:${type}`, listen);
    onTestFinished(() => void unsubscribe(`barewire:${type}`, listen));
  }
  notifyOpen(inner);
  expect(told).toEqual(['open']);
  notifyEnd(inner, clean);
  expect(told).toEqual(['open', 'close']);
});
