/** What all clients share: they connect, count messages, and report the rate when the server has closed. */
import { measure, parameters, tell } from '../load/run.js';

/** @type {{ port: number, text: string, asBytes: boolean, seconds: number }} */
const { port, text, seconds } = parameters;

/** Whether barewire is to hand out bytes. */
export const { asBytes } = parameters;

export const url = `ws://127.0.0.1:${port}/`;

let received = 0;
/** @type {Promise<import('../load/run.js').Rate> | undefined} */
let rate;

export function count(/** @type {string | Uint8Array} */ data) {
  if (received++ > 0) return;
  if (Buffer.from(data).toString() !== text) throw new Error(`a wrong message: ${data}`);
  rate = measure(process.pid, seconds, () => received);
}

export async function closed() {
  tell({ ...(await rate), received });
}
