/**
 * What barewire is meant to reach: the ratio of its figure to another's. For speed it is a minimum, otherwise a maximum.
 * A ratio without a target is only stated.
 */
/** @type {Record<string, Partial<Record<import('./workloads/workload.js').Name, number>>>} */
export const TARGETS = {
  'echo-single': { ws: 1.2, floor: 0.97 },
  'echo-bursts': { ws: 12, bun: 1 },
  'echo-16k': { ws: 1.2, floor: 1 },
  'echo-1m': { ws: 1.2, floor: 0.8 },
  'everyone-100': { ws: 30, bun: 1.5 },
  'everyone-500': { ws: 30, bun: 1.5 },
  'one-talks': { ws: 0.7, floor: 1.1 },
  'one-talks-deflate': { ws: 20, bun: 1 },
  'deflate-single': { ws: 5, bun: 0.9 },
  'deflate-bursts': { ws: 8, bun: 1 },
  'memory-idle': { ws: 0.75, floor: 1.1 },
  handshakes: { ws: 1.2 },
  client: { ws: 3 },
  latency: { ws: 1 },
};
