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

export const WORKLOADS = [
  ...echo,
  ...fanOut,
  ...deflate,
  ...memory,
  ...handshakes,
  ...client,
  ...latency,
  ...floods,
  ...adapter,
];
