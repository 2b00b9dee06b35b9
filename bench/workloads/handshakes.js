/** Clients that connect and leave. */
import { rateOf } from './workload.js';

/** @type {import('./workload.js').Workload[]} */
export const handshakes = [
  {
    name: 'handshakes',
    title: 'Opening handshakes, 50 at a time',
    unit: 'handshake',
    compares: 'speed',
    names: ['barewire', 'ws', 'bun', 'uws'],
    run: rateOf([], 'handshakes', { atOnce: 50 }),
  },
];
