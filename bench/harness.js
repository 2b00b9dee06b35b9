/** Runs what workloads measure: a load against a server, or a client against a server that only sends. */
import { path, runModule } from './processes.js';

/** @typedef {'barewire' | 'events' | 'ws' | 'node'} ClientName */

/** @returns what the load measured */
export function runLoad(
  /** @type {string} */ load,
  /** @type {import('./processes.js').Parameters} */ parameters,
  /** @type {import('./server.js').Server} */ { port, pid, collect },
) {
  return runModule(
    'measuring',
    [path(`load/${load}.js`)],
    { port, pid, ...parameters },
    (message, answer) => {
      if (message === 'collect') void collect().then(() => answer('collected'));
    },
  );
}

/** @returns what the client measured about itself */
export async function runClient(
  /** @type {ClientName} */ name,
  /** @type {{ text: string, asBytes: boolean, seconds: number }} */ parameters,
) {
  const flags = name === 'node' && !('WebSocket' in globalThis) ? ['--experimental-websocket'] : [];
  /** @type {Promise<unknown> | undefined} */
  let client;
  const withSlack = { ...parameters, seconds: parameters.seconds + 2 };
  const blast = await runModule('measuring', [path('load/blast.js')], withSlack, (message) => {
    const { port } = /** @type {{ port?: number }} */ (message);
    if (port === undefined) return;
    client = runModule('measured', [...flags, path(`clients/${name}.js`)], { ...parameters, port });
    client.catch(() => {}); // is thrown below
  });
  const { sent } = /** @type {{ sent: number }} */ (blast);
  const result = /** @type {import('./load/run.js').Rate & { received: number }} */ (await client);
  if (result.received !== sent) throw new Error(`${name} lost ${sent - result.received} messages`);
  return result;
}
