/**
 * What all servers share: `node servers/NAME.js [topic] [deflate]`. Without `topic` they echo; with it every connection
 * subscribes, and what it sends is published to all, itself included. They tell their port on stdout, collect garbage
 * for each line on stdin, and end with it.
 */

/** Whether what a connection sends goes to all of them. */
export const isTopic = process.argv.includes('topic');
/** Whether permessage-deflate is on, for every message. */
export const isDeflate = process.argv.includes('deflate');

/** As much as the largest message, and more than ever waits: no limit decides a comparison. */
export const MAX_BYTES = 16 * 1024 * 1024;

const bun = /** @type {{ Bun?: { gc(isSynchronous: boolean): void } }} */ (globalThis).Bun;

function collectGarbage() {
  if (bun === undefined) globalThis.gc?.();
  else bun.gc(true);
}

export function listens(/** @type {number} */ port) {
  console.log(port);
  process.stdin.on('data', () => {
    collectGarbage();
    console.log('collected');
  });
  process.stdin.on('end', () => process.exit());
}
