/**
 * `node bench/echo.js [ROUNDS] [SECONDS]`: `barewire echo` beside a bare node:net responder and `ws`. Every server runs
 * in a process of its own, on a core of its own where `taskset` is there; rounds are interleaved, because machines are
 * noisy; figures are medians and their ratios.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { median, path, pin, start } from './harness.js';

const [rounds = '5', seconds = '2'] = process.argv.slice(2);

const SERVERS = {
  floor: { module: path('servers/floor.js'), parameters: [] },
  ws: { module: path('servers/ws.js'), parameters: [] },
  barewire: { module: path('../dist/cli/main.js'), parameters: ['echo', '--port', '0', '--no-deflate'] },
};

const WORKLOADS = [
  { name: '100 connections, 1 in flight', connections: 100, inFlight: 1 },
  { name: '10 connections, 32 in flight', connections: 10, inFlight: 32 },
];

/** @typedef {keyof typeof SERVERS} ServerName */
/** @typedef {{ rate: number, cpu: number }} Figures messages a second, microseconds of server CPU a message */

/** @returns {Promise<Figures>} */
async function measure(/** @type {ServerName} */ name, /** @type {typeof WORKLOADS[number]} */ workload) {
  const server = await start(SERVERS[name]);
  const parameters = [server.url, String(workload.connections), String(workload.inFlight), seconds];
  const load = fork(path('load.js'), parameters);
  pin(load.pid, 1);
  await once(load, 'message'); // warm
  const before = await server.cpu();
  const [{ rate, answered }] = await once(load, 'message');
  const used = (await server.cpu()) - before;
  server.stop();
  return { rate, cpu: used / answered };
}

for (const workload of WORKLOADS) {
  const runs = /** @type {Record<ServerName, Figures[]>} */ ({ floor: [], ws: [], barewire: [] });
  const names = /** @type {ServerName[]} */ (Object.keys(runs));
  for (let round = 0; round < Number(rounds); round++) {
    for (const name of names) runs[name].push(await measure(name, workload));
  }
  const of = (/** @type {ServerName} */ name) => ({
    rate: median(runs[name].map((run) => run.rate)),
    cpu: median(runs[name].map((run) => run.cpu)),
  });
  console.log(`\necho, ${workload.name}, 20 bytes; median of ${rounds} interleaved runs of ${seconds} s`);
  console.table(
    Object.fromEntries(
      names.map((name) => [
        name,
        {
          'messages/s': Math.round(of(name).rate),
          'of floor': (of(name).rate / of('floor').rate).toFixed(2),
          'of ws': (of(name).rate / of('ws').rate).toFixed(2),
          'CPU µs/message': of(name).cpu.toFixed(2),
          'CPU of ws/CPU': (of('ws').cpu / of(name).cpu).toFixed(2),
        },
      ]),
    ),
  );
}
