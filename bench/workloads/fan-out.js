/** One message for many: a chat in which everyone talks, and a ticker with many listeners. */
import { rateOf } from './workload.js';

/** @type {Pick<import('./workload.js').Workload, 'unit' | 'compares' | 'names'>} */
const common = { unit: 'delivery', compares: 'speed', names: ['barewire', 'ws', 'bun', 'uws'] };

/** @returns {import('./workload.js').Workload} */
const everyone = (/** @type {number} */ members) => ({
  ...common,
  name: `everyone-${members}`,
  title: `Everyone talks: each of ${members} sends 20 B, all get all`,
  run: rateOf(['topic'], 'fan-out', { members, talkers: members, bytes: 20, isDeflate: false }),
});

/** @type {import('./workload.js').Workload[]} */
export const fanOut = [
  everyone(100),
  everyone(500),
  {
    ...common,
    name: 'everyone-100-sends',
    title: 'The same with 100, by a loop of `send`',
    run: rateOf(['topic', 'sends'], 'fan-out', { members: 100, talkers: 100, bytes: 20, isDeflate: false }),
    names: ['barewire', 'ws'],
  },
  {
    ...common,
    name: 'one-talks',
    title: 'One talks, 1,000 listen: 200 B',
    compares: 'cpu',
    names: ['barewire', 'ws', 'floor', 'bun', 'uws'],
    run: rateOf(['topic'], 'fan-out', { members: 1_000, talkers: 1, bytes: 200, isDeflate: false }),
  },
  {
    ...common,
    name: 'one-talks-deflate',
    title: 'One talks, 1,000 listen: 200 B with permessage-deflate',
    names: ['barewire', 'ws', 'bun', 'bunContext', 'uws'],
    run: rateOf(['topic', 'deflate'], 'fan-out', {
      members: 1_000,
      talkers: 1,
      bytes: 200,
      isDeflate: true,
    }),
  },
];
