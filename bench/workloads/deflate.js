/** Echo with permessage-deflate. */
import { rateOf } from './workload.js';

/** @type {Pick<import('./workload.js').Workload, 'unit' | 'compares' | 'names'>} */
const common = { unit: 'message', compares: 'speed', names: ['barewire', 'ws', 'bun', 'bunContext', 'uws'] };

/** @type {import('./workload.js').Workload[]} */
export const deflate = [
  {
    ...common,
    name: 'deflate-single',
    title: 'Echo of 260 B of JSON with permessage-deflate, 100 connections, one in flight',
    run: rateOf(['deflate'], 'deflate-echo', { connections: 100, inFlight: 1, bytes: 260, isAlone: false }),
  },
  {
    ...common,
    name: 'deflate-bursts',
    title: 'Echo of 260 B of JSON with permessage-deflate, 10 connections, 32 in flight',
    run: rateOf(['deflate'], 'deflate-echo', { connections: 10, inFlight: 32, bytes: 260, isAlone: false }),
  },
  {
    ...common,
    name: 'deflate-alone-single',
    title: 'Echo of 260 B of prose, each message compressed alone, 100 connections, one in flight',
    run: rateOf(['deflate'], 'deflate-echo', { connections: 100, inFlight: 1, bytes: 260, isAlone: true }),
  },
  {
    ...common,
    name: 'deflate-alone-bursts',
    title: 'Echo of 260 B of prose, each message compressed alone, 10 connections, 32 in flight',
    run: rateOf(['deflate'], 'deflate-echo', { connections: 10, inFlight: 32, bytes: 260, isAlone: true }),
  },
];
