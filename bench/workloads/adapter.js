/** Programs that were written for ws, unchanged: on `barewire/ws`, and on ws itself. */
import { memoryOf } from './memory.js';
import { rateOf } from './workload.js';

/** @type {Pick<import('./workload.js').Workload, 'unit' | 'compares' | 'names'>} */
const common = { unit: 'message', compares: 'speed', names: ['adapter', 'ws'] };

const short = { bytes: 20, isBinary: false };

/** @type {import('./workload.js').Workload[]} */
export const adapter = [
  {
    ...common,
    name: 'adapter-single',
    title: 'A program for ws: echo of 20 B, 100 connections, one in flight',
    run: rateOf([], 'echo', { ...short, connections: 100, inFlight: 1 }),
  },
  {
    ...common,
    name: 'adapter-bursts',
    title: 'A program for ws: echo of 20 B, 10 connections, 32 in flight',
    run: rateOf([], 'echo', { ...short, connections: 10, inFlight: 32 }),
  },
  {
    ...common,
    name: 'adapter-callback-single',
    title: 'A program for ws: echo of 20 B with a callback, 100 connections, one in flight',
    run: rateOf(['callback'], 'echo', { ...short, connections: 100, inFlight: 1 }),
  },
  {
    ...common,
    name: 'adapter-callback-bursts',
    title: 'A program for ws: echo of 20 B with a callback, 10 connections, 32 in flight',
    run: rateOf(['callback'], 'echo', { ...short, connections: 10, inFlight: 32 }),
  },
  {
    ...common,
    name: 'adapter-16k',
    title: 'A program for ws: echo of 16 KiB, 100 connections, one in flight',
    run: rateOf([], 'echo', { connections: 100, inFlight: 1, bytes: 16 * 1024, isBinary: true }),
  },
  {
    ...common,
    name: 'adapter-everyone',
    title: 'A program for ws: each of 100 sends 20 B, and a loop of `send` gives it to all',
    unit: 'delivery',
    run: rateOf(['topic'], 'fan-out', { members: 100, talkers: 100, bytes: 20, isDeflate: false }),
  },
  {
    ...common,
    name: 'adapter-deflate-single',
    title: 'A program for ws: echo of 260 B of JSON with permessage-deflate, 100 connections, one in flight',
    run: rateOf(['deflate'], 'deflate-echo', { connections: 100, inFlight: 1, bytes: 260, isAlone: false }),
  },
  {
    ...common,
    name: 'adapter-memory',
    title: 'A program for ws: memory of a connection that is idle, 5,000 connections',
    unit: 'connection',
    compares: 'memory',
    run: memoryOf([], { connections: 5_000 }),
  },
];
