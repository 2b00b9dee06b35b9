/**
 * Each connection sends a batch of messages in one write, and the next batch when all of it is answered. The load
 * compares the first answers of each connection, and after that counts bytes, so that it costs less than what it
 * measures.
 */
import { ask, openAll } from './connection.js';
import { BINARY, clientFrame, serverFrame, TEXT } from './frames.js';
import { measure, parameters, sleep, tell } from './run.js';

/** @type {import('./run.js').Server & { connections: number, inFlight: number, bytes: number, isBinary: boolean, seconds: number }} */
const { port, pid, connections, inFlight, bytes, isBinary, seconds } = parameters;
const type = isBinary ? BINARY : TEXT;

let answered = 0;
let waiting = 0;
let isOver = false;

/** Sends batches until the measurement is over. */
function talk(
  /** @type {import('./connection.js').Connection} */ connection,
  /** @type {Buffer} */ batch,
  /** @type {number} */ answerBytes,
) {
  let missing = 0;
  const send = () => {
    missing = answerBytes;
    connection.socket.write(batch);
  };
  connection.onBytes = (length) => {
    missing -= length;
    if (missing > 0) return;
    if (missing < 0) throw new Error('more received than was sent');
    answered += inFlight;
    if (isOver) waiting--;
    else send();
  };
  waiting++;
  send();
}

const all = await openAll(port, connections);
const talks = await Promise.all(
  all.map(async (connection, number) => {
    const payload = Buffer.alloc(bytes, `connection ${number} speaks, `);
    const repeated = (/** @type {() => Buffer} */ frame) =>
      Buffer.concat(Array.from({ length: inFlight }, frame));
    const batch = repeated(() => clientFrame(type, payload));
    const answer = repeated(() => serverFrame(type, payload));
    await ask(connection, batch, answer);
    return () => talk(connection, batch, answer.length);
  }),
);
for (const start of talks) start();
const rate = await measure(pid, seconds, () => answered);
isOver = true;
while (waiting > 0) await sleep(10); // a lost message makes this exceed the time limit of the parent
tell(rate);
