/**
 * socket.io at size, barewire beside ws: node consumers/socket-io-load.js [--rounds 3] [--clients 1000] [--room 50] [--seconds 4]
 *
 * One server process and one process of clients, which are those of socket.io on ws in any case; websocket alone. The two take turns
 * within each round. The server's CPU time for a delivered message is what is to be compared: the rate is bounded by the clients.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { install } from './install.js';
import { verifyTree } from './tree.js';

/** @import { ChildProcess } from 'node:child_process' */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    clients: { type: 'string', default: '1000' },
    room: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '4' },
  },
});
/** Before each workload is measured. */
const WARM_UP_SECONDS = 2;
const WORKLOADS = ['one talks', 'all talk', 'broadcast'];
const STANDS_FOR_WS = { barewire: 'barewire-ws', ws: 'ws' };

/** @typedef {keyof typeof STANDS_FOR_WS} Implementation */

/** @type {Record<string, string>} */
const folders = {};
for (const [on, name] of Object.entries(STANDS_FOR_WS)) {
  const folder = await install(/** @type {Implementation} */ (on));
  verifyTree(folder, name);
  folders[on] = folder;
}

/**
 * @param {string} on whose tree it is in
 * @param {string} file
 * @param {unknown[]} parameters
 */
const start = (on, file, ...parameters) =>
  fork(join(folders[on] ?? '', 'load', file), parameters.map(String), { execArgv: ['--expose-gc'] });

/**
 * @param {ChildProcess} child
 * @param {object} [question]
 * @returns {Promise<any>} its next message
 */
async function ask(child, question) {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(120_000) });
  if (question !== undefined) child.send(question);
  return (await answer)[0];
}

/** @typedef {Record<string, number>} Figures */

/** @param {Implementation} on @returns {Promise<Figures>} */
async function measure(on) {
  const server = start(on, 'server.js', values.room);
  const { port } = await ask(server);
  const empty = await ask(server, {});
  const clients = start('ws', 'clients.js', port, values.clients);
  try {
    await ask(clients);
    const connected = await ask(server, {});
    /** @type {Figures} */
    const figures = {
      'heap, KiB a client': (connected.heapBytes - empty.heapBytes) / 1_024 / Number(values.clients),
      'connecting, CPU ms a client': (connected.cpuMs - empty.cpuMs) / Number(values.clients),
    };
    for (const workload of WORKLOADS) {
      await ask(clients, { workload, seconds: WARM_UP_SECONDS });
      const before = await ask(server, {});
      const { heard, seconds } = await ask(clients, { workload, seconds: Number(values.seconds) });
      const after = await ask(server, {});
      figures[`${workload}: messages a second`] = heard / seconds;
      figures[`${workload}: CPU µs a message`] = ((after.cpuMs - before.cpuMs) * 1_000) / heard;
    }
    return figures;
  } finally {
    for (const child of [clients, server]) child.disconnect();
  }
}

/** @param {number[]} list */
function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[sorted.length >> 1] ?? NaN)) / 2;
}

/** @type {Record<Implementation, Figures[]>} */
const rounds = { ws: [], barewire: [] };
for (let round = 0; round < Number(values.rounds); round++)
  for (const on of /** @type {const} */ (['ws', 'barewire'])) rounds[on].push(await measure(on));

const shown = (/** @type {number} */ value) =>
  (value < 100 ? value.toFixed(2) : value.toFixed(0)).padStart(10);
console.log(
  `socket.io, ${values.clients} clients, rooms of ${values.room}: medians of ${values.rounds} rounds\n`,
);
console.log(`${''.padEnd(34)}${'ws'.padStart(10)}${'barewire'.padStart(10)}     ratio`);
for (const name of Object.keys(rounds.ws[0] ?? {})) {
  const of = (/** @type {Implementation} */ on) => median(rounds[on].map((figures) => figures[name] ?? NaN));
  console.log(
    `${name.padEnd(34)}${shown(of('ws'))}${shown(of('barewire'))}${shown(of('barewire') / of('ws'))}`,
  );
}
