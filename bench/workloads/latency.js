/** How long an answer takes if the server is half busy. */
import { figuresOf, rateOf, runOn } from './workload.js';

const connections = 100;
const bytes = 20;

/** @type {Promise<number> | undefined} */
let halfOfWs;

/** @returns half of the rate that the CPU time of ws allows, because the load may be slower than ws; measured once */
async function half() {
  const run = rateOf([], 'echo', { connections, inFlight: 1, bytes, isBinary: false });
  const { rate = 0, cpu = 1e6 / rate } = await run('ws', 1);
  return Math.round(1e6 / cpu / 2);
}

/** @type {import('./workload.js').Workload[]} */
export const latency = [
  {
    name: 'latency',
    title: 'Latency at half of the rate that ws reaches, 20 B, 100 connections, evenly paced',
    unit: 'message',
    compares: 'p99',
    names: ['barewire', 'ws', 'floor', 'bun', 'uws'],
    run: async (name, seconds) => {
      halfOfWs ??= half();
      const result = await runOn(name, [], 'latency', { connections, bytes, rate: await halfOfWs, seconds });
      const told = /** @type {import('./workload.js').Rate & { p50: number, p99: number }} */ (result);
      return { ...figuresOf(told), p50: told.p50, p99: told.p99 };
    },
  },
];
