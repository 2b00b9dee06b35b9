/** All workloads, in the order in which they are run and reported. */
import { adapter } from './adapter.js';
import { client } from './client.js';
import { deflate } from './deflate.js';
import { echo } from './echo.js';
import { fanOut } from './fan-out.js';
import { floods } from './flood.js';
import { handshakes } from './handshakes.js';
import { latency } from './latency.js';
import { memory } from './memory.js';

/** The pages that are written, each with its workloads. */
export const REPORTS = [
  {
    file: 'RESULTS.md',
    title: 'Results',
    workloads: [...echo, ...fanOut, ...deflate, ...memory, ...handshakes, ...client, ...latency, ...floods],
  },
  { file: 'ADAPTER.md', title: 'Results of programs that were written for ws', workloads: adapter },
];

export const WORKLOADS = REPORTS.flatMap(({ workloads }) => workloads);
