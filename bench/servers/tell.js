/**
 * What all servers share: `node servers/NAME.js [topic] [deflate]`. Without `topic` they echo; with it every connection
 * subscribes, and what it sends is published to all, itself included. They tell their port on stdout, collect garbage
 * for each line on stdin, and end with it.
 */

/** Whether what a connection sends goes to all of them. */
export const isTopic = process.argv.includes('topic');
/** Whether permessage-deflate is on, for every message. */
export const isDeflate = process.argv.includes('deflate');

const bun = /** @type {{ Bun?: { gc(isSynchronous: boolean): void } }} */ (globalThis).Bun;

/** V8 makes its young generation smaller step by step, after a burst of handshakes has made it big. */
const TIMES = 20;

function collectGarbage() {
  if (bun === undefined) for (let i = 0; i < TIMES; i++) globalThis.gc?.();
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
