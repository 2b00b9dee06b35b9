/** Clients that receive: here the client is measured, and its server is a bare socket. */
import { runClient } from '../harness.js';
import { figuresOf } from './workload.js';

/** @returns {import('./workload.js').Workload['run']} */
function receiving(/** @type {boolean} */ asBytes) {
  return async (name, seconds) => {
    const parameters = { text: 'twenty bytes of text', asBytes, seconds };
    return figuresOf(await runClient(/** @type {import('../harness.js').ClientName} */ (name), parameters));
  };
}

/** @type {import('./workload.js').Workload[]} */
export const client = [
  {
    name: 'client',
    title: 'A client that receives 20 B in bursts',
    unit: 'message',
    compares: 'speed',
    names: ['barewire', 'events', 'ws', 'node'],
    run: receiving(false),
  },
  {
    name: 'client-bytes',
    title: 'A client that receives 20 B as bytes in bursts',
    unit: 'message',
    compares: 'speed',
    names: ['barewire', 'ws'],
    run: receiving(true),
  },
];
