/**
 * `node bench/deflate.js [ROUNDS] [SECONDS]`: `barewire echo` beside `ws` with permessage-deflate, both with context
 * takeover and their defaults else: how many messages of 260 bytes of JSON a second, and how much memory a connection
 * takes that has echoed one of 1,500 bytes. Rounds are interleaved; figures are medians and their ratios.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { median, path, pin, start } from './harness.js';

const [rounds = '5', seconds = '2'] = process.argv.slice(2);
const MEMORY_CONNECTIONS = 1_000;

const SERVERS = {
  ws: { module: path('servers/ws-deflate.js'), parameters: [] },
  barewire: { module: path('../dist/cli/main.js'), parameters: ['echo', '--port', '0'] },
};
/** @typedef {keyof typeof SERVERS} ServerName */
const names = /** @type {ServerName[]} */ (Object.keys(SERVERS));

function load(/** @type {(string | number)[]} */ ...parameters) {
  const child = fork(path('deflate-load.js'), parameters.map(String));
  pin(child.pid, 1);
  return child;
}

async function measureRate(
  /** @type {ServerName} */ name,
  /** @type {number} */ connections,
  /** @type {number} */ inFlight,
) {
  const server = await start(SERVERS[name]);
  const child = load(server.url, connections, inFlight, seconds, 260);
  await once(child, 'message'); // warm
  const before = await server.cpu();
  const [{ rate, answered }] = await once(child, 'message');
  const cpu = ((await server.cpu()) - before) / answered;
  server.stop();
  return { rate, cpu };
}

/** @returns {Promise<number>} resident bytes a connection */
async function measureMemory(/** @type {ServerName} */ name) {
  const server = await start(SERVERS[name]);
  const warmUp = load(server.url, 10, 1, 0, 1_500); // code and pools that are there once
  await once(warmUp, 'message');
  warmUp.send('go');
  await once(warmUp, 'message');
  const before = await server.memory();
  const child = load(server.url, MEMORY_CONNECTIONS, 1, 0, 1_500);
  await once(child, 'message');
  child.send('go');
  await once(child, 'message');
  const used = (await server.memory()) - before;
  child.send('end');
  warmUp.send('end');
  server.stop();
  return used / MEMORY_CONNECTIONS;
}

for (const [connections, inFlight] of [
  [100, 1],
  [10, 32],
]) {
  const runs = /** @type {Record<ServerName, { rate: number, cpu: number }[]>} */ ({ ws: [], barewire: [] });
  for (let round = 0; round < Number(rounds); round++) {
    for (const name of names) runs[name].push(await measureRate(name, Number(connections), Number(inFlight)));
  }
  const of = (/** @type {ServerName} */ name, /** @type {'rate' | 'cpu'} */ what) =>
    median(runs[name].map((run) => run[what]));
  console.log(
    `\necho of 260 B of JSON, permessage-deflate, ${connections} connections, ${inFlight} in flight; median of ${rounds}`,
  );
  console.table(
    Object.fromEntries(
      names.map((name) => [
        name,
        {
          'messages/s': Math.round(of(name, 'rate')),
          'of ws': (of(name, 'rate') / of('ws', 'rate')).toFixed(2),
          'CPU µs/message': of(name, 'cpu').toFixed(2),
        },
      ]),
    ),
  );
}

const memory = /** @type {Record<ServerName, number[]>} */ ({ ws: [], barewire: [] });
for (let round = 0; round < Math.min(3, Number(rounds)); round++) {
  for (const name of names) memory[name].push(await measureMemory(name));
}
console.log(
  `\nresident memory a connection, ${MEMORY_CONNECTIONS} that each echoed one compressed message of 1,500 B`,
);
console.table(
  Object.fromEntries(names.map((name) => [name, { KiB: (median(memory[name]) / 1024).toFixed(1) }])),
);
