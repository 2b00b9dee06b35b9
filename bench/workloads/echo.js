/**
 * Echo without compression. Short messages are text, long ones binary, unless the name says otherwise. In `bytes` barewire has a
 * `bytes` handler, in `uncopied` it sends with `copy: false`; the others are as ever.
 */
import { rateOf } from './workload.js';

/** @type {Pick<import('./workload.js').Workload, 'unit' | 'compares' | 'names'>} */
const common = { unit: 'message', compares: 'speed', names: ['barewire', 'ws', 'floor', 'bun', 'uws'] };

/** @type {import('./workload.js').Workload[]} */
export const echo = [
  {
    ...common,
    name: 'echo-single',
    title: 'Echo of 20 B, 100 connections, one in flight',
    run: rateOf([], 'echo', { connections: 100, inFlight: 1, bytes: 20, isBinary: false }),
  },
  {
    ...common,
    name: 'echo-bursts',
    title: 'Echo of 20 B, 10 connections, 32 in flight',
    run: rateOf([], 'echo', { connections: 10, inFlight: 32, bytes: 20, isBinary: false }),
  },
  {
    ...common,
    name: 'echo-bursts-bytes',
    title: 'Echo of 20 B as bytes, 10 connections, 32 in flight',
    run: rateOf(['bytes'], 'echo', { connections: 10, inFlight: 32, bytes: 20, isBinary: false }),
  },
  {
    ...common,
    name: 'echo-16k',
    title: 'Echo of 16 KiB, 100 connections, one in flight',
    run: rateOf([], 'echo', { connections: 100, inFlight: 1, bytes: 16 * 1024, isBinary: true }),
  },
  {
    ...common,
    name: 'echo-16k-text',
    title: 'Echo of 16 KiB of text, 100 connections, one in flight',
    run: rateOf([], 'echo', { connections: 100, inFlight: 1, bytes: 16 * 1024, isBinary: false }),
  },
  {
    ...common,
    name: 'echo-1m',
    title: 'Echo of 1 MiB, 10 connections, one in flight',
    run: rateOf([], 'echo', { connections: 10, inFlight: 1, bytes: 1024 * 1024, isBinary: true }),
  },
  {
    ...common,
    name: 'echo-1m-text-bytes',
    title: 'Echo of 1 MiB of text as bytes, 10 connections, one in flight',
    run: rateOf(['bytes'], 'echo', { connections: 10, inFlight: 1, bytes: 1024 * 1024, isBinary: false }),
  },
  {
    ...common,
    name: 'echo-1m-uncopied',
    title: 'Echo of 1 MiB without a copy, 10 connections, one in flight',
    run: rateOf(['uncopied'], 'echo', { connections: 10, inFlight: 1, bytes: 1024 * 1024, isBinary: true }),
  },
];
