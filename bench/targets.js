/**
 * What barewire is meant to reach: the ratio of its figure to another's. For speed it is a minimum, otherwise a maximum.
 * A ratio without a target is only stated.
 */
/** @type {Record<string, Partial<Record<import('./workloads/workload.js').Name, number>>>} */
export const TARGETS = {
  'echo-single': { ws: 1.3, floor: 1.03, bun: 0.85 },
  'echo-bursts': { ws: 14, bun: 0.9 },
  'echo-bursts-bytes': { bun: 1.1 },
  'echo-16k': { ws: 1.2, floor: 1.1 },
  'echo-16k-text': { ws: 1.2, floor: 1.1 },
  'echo-1m': { ws: 1, floor: 0.8, bun: 1 },
  'echo-1m-text-bytes': { ws: 1, floor: 0.8, bun: 1 },
  'echo-1m-uncopied': { ws: 1.2 },
  'everyone-100': { ws: 30, bun: 1.5 },
  'everyone-500': { ws: 30, bun: 1.5 },
  'everyone-100-sends': { ws: 10 },
  'one-talks': { ws: 0.7, floor: 1.1 },
  'one-talks-deflate': { ws: 20, bun: 1 },
  'deflate-single': { ws: 5, bun: 0.9 },
  'deflate-bursts': { ws: 8, bun: 1 },
  'deflate-alone-single': { ws: 5, bun: 0.8 },
  'memory-idle': { ws: 0.75, floor: 1.1 },
  handshakes: { ws: 1.1 },
  client: { ws: 3 },
  'client-bytes': { ws: 3 },
  latency: { ws: 1 },
  'adapter-single': { ws: 1.1 },
  'adapter-bursts': { ws: 7 },
  'adapter-16k': { ws: 1.5 },
  'adapter-everyone': { ws: 12 },
  'adapter-deflate-single': { ws: 4 },
  'adapter-memory': { ws: 1 },
};
