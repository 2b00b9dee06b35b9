/** The memory that a connection takes. */
import { runOn } from './workload.js';

/** @returns {import('./workload.js').Workload['run']} */
export function memoryOf(
  /** @type {string[]} */ words,
  /** @type {import('../processes.js').Parameters} */ parameters,
) {
  return async (name) => /** @type {{ memory?: number }} */ (await runOn(name, words, 'memory', parameters));
}

/** @type {import('./workload.js').Workload[]} */
export const memory = [
  {
    name: 'memory-idle',
    title: 'Memory of a connection that is idle, 5,000 connections',
    unit: 'connection',
    compares: 'memory',
    names: ['barewire', 'ws', 'floor', 'bun', 'uws'],
    run: memoryOf([], { connections: 5_000 }),
  },
  {
    name: 'memory-deflate',
    title: 'Memory of a connection that has echoed 1,500 B compressed, 1,000 connections',
    unit: 'connection',
    compares: 'memory',
    names: ['barewire', 'ws', 'bun', 'bunContext', 'uws'],
    run: memoryOf(['deflate'], { connections: 1_000, compressedBytes: 1_500 }),
  },
];
