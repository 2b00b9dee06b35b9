/**
 * How much memory a connection takes: idle, or after it has echoed one compressed message. Other connections are opened
 * first, so that code and pools that exist only once do not count.
 */

import { compressedTexts, inflated, text } from './compressed.js';
import { openAll } from './connection.js';
import { frameReader } from './frames.js';
import { parameters, residentAfterCollection, sleep, tell } from './run.js';

const FIRST = 1_000;
const SETTLE_MS = 1_000;

/** @type {import('./run.js').Server & { connections: number, compressedBytes?: number }} */
const { port, pid, connections, compressedBytes } = parameters;

async function open(/** @type {number} */ count) {
  const all = await openAll(port, count, { isDeflate: compressedBytes !== undefined });
  if (compressedBytes === undefined) return;
  const [frame] = await compressedTexts(all[0]?.extensions ?? '', compressedBytes);
  for (const connection of all) {
    await new Promise((resolve) => {
      const read = frameReader((firstByte, payload) => {
        const isRight = String(inflated(firstByte, payload)) === text(0, compressedBytes);
        if (!isRight) throw new Error('a wrong answer');
        resolve(undefined);
      });
      connection.onBytes = (length, input) => void read(input.subarray(0, length));
      connection.socket.write(/** @type {Buffer} */ (frame));
    });
  }
}

await open(FIRST);
await sleep(SETTLE_MS);
const before = await residentAfterCollection(pid);
await open(connections);
await sleep(SETTLE_MS);
const after = await residentAfterCollection(pid);
tell({ memory: before === undefined || after === undefined ? undefined : (after - before) / connections });
