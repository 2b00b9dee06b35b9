/** The charts for the README. */

/**
 * @typedef {object} Chart
 * @property {string} file
 * @property {string} title
 * @property {string} subtitle
 * @property {'speed' | 'memory'} shows the work done in a second of CPU time, or the memory that is held
 * @property {string[]} workloads
 */

/** @type {Chart[]} */
export const CHARTS = [
  {
    file: 'echo.svg',
    title: 'Echo',
    subtitle: 'messages for each second of the server’s CPU time, and how many times as many as ws',
    shows: 'speed',
    workloads: ['echo-single', 'echo-bursts', 'echo-16k', 'echo-1m'],
  },
  {
    file: 'fan-out.svg',
    title: 'One message for many',
    subtitle: 'deliveries for each second of the server’s CPU time, and how many times as many as ws',
    shows: 'speed',
    workloads: ['everyone-100', 'everyone-500', 'one-talks'],
  },
  {
    file: 'compression.svg',
    title: 'permessage-deflate',
    subtitle: 'messages for each second of the server’s CPU time, and how many times as many as ws',
    shows: 'speed',
    workloads: ['deflate-single', 'deflate-bursts', 'one-talks-deflate'],
  },
  {
    file: 'memory.svg',
    title: 'Memory',
    subtitle: 'resident KiB a connection, and how many times as much as ws: less is better',
    shows: 'memory',
    workloads: ['memory-idle', 'memory-deflate'],
  },
];
