/**
 * Echo with permessage-deflate: each connection sends a batch of compressed JSON texts in one write, and the next batch
 * when it has received every answer. The load inflates the first answer of each connection and only counts the frames
 * of the others, so that it costs less than what it measures.
 */

import { compressedTexts, inflated, loneTexts, prose, text } from './compressed.js';
import { openAll } from './connection.js';
import { frameReader } from './frames.js';
import { measure, parameters, sleep, tell } from './run.js';

/** @type {import('./run.js').Server & { connections: number, inFlight: number, bytes: number, isAlone: boolean, seconds: number }} */
const { port, pid, connections, inFlight, bytes, isAlone, seconds } = parameters;

const all = await openAll(port, connections, { isDeflate: true });
const frames = isAlone ? loneTexts(bytes) : await compressedTexts(all[0]?.extensions ?? '', bytes);
const batches = Array.from({ length: Math.ceil(frames.length / inFlight) }, (_, i) =>
  Buffer.concat(frames.slice(i * inFlight, (i + 1) * inFlight)),
);

let answered = 0;
let waiting = 0;
let isOver = false;

/** Sends batches until the measurement is over. */
function talk(/** @type {import('./connection.js').Connection} */ connection, /** @type {number} */ number) {
  // Messages that refer to no other can be sent in any order, so each connection begins with another one.
  let next = isAlone ? number : 0;
  const first = (isAlone ? prose : text)(next * inFlight, bytes);
  let missing = 0;
  let isFirst = true;
  const read = frameReader((firstByte, payload) => {
    if (isFirst && String(inflated(firstByte, payload)) !== first) throw new Error('a wrong answer');
    isFirst = false;
  });
  const send = () => {
    missing = inFlight;
    connection.socket.write(/** @type {Buffer} */ (batches[next++ % batches.length]));
  };
  connection.onBytes = (length, input) => {
    const came = read(input.subarray(0, length));
    answered += came;
    missing -= came;
    if (missing > 0) return;
    if (missing < 0) throw new Error('more answers than messages');
    if (isOver) waiting--;
    else send();
  };
  waiting++;
  send();
}

all.forEach(talk);
const rate = await measure(pid, seconds, () => answered);
isOver = true;
while (waiting > 0) await sleep(10); // a lost message makes this exceed the time limit of the parent
tell(rate);
