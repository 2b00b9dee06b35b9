/**
 * What all servers share: `node servers/NAME.js [topic | questions] [deflate]`. Without a word they echo. With `topic` every
 * connection subscribes, and what it sends is published to all, itself included. With `questions` they answer only what begins
 * with a question mark, with the same. They print their port on stdout, collect garbage
 * for each line on stdin, and exit when stdin ends.
 */

/** Whether a message goes to all connections. */
export const isTopic = process.argv.includes('topic');
/** Whether only what begins with a question mark is answered. */
export const isQuestions = process.argv.includes('questions');
/** Whether permessage-deflate is on, for every message. */
export const isDeflate = process.argv.includes('deflate');

const bun = /** @type {{ Bun?: { gc(isSynchronous: boolean): void } }} */ (globalThis).Bun;

/** V8 shrinks its young generation step by step, after a burst of handshakes has made it grow. */
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
