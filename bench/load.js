/**
 * The load of one run, in a process of its own: `node load.js URL CONNECTIONS IN_FLIGHT SECONDS`. Each connection sends
 * a batch of masked 20-byte text messages in one write and the next batch when every answer has come. It counts bytes
 * and parses nothing, so that it costs less than what it measures. Prints one number: messages a second.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const [url = '', connections = '1', inFlight = '1', seconds = '1'] = process.argv.slice(2);
const { hostname, port } = new URL(url);

const PAYLOAD_BYTES = 20;
const ANSWER_BYTES = 2 + PAYLOAD_BYTES;
const batch = Buffer.concat(Array.from({ length: Number(inFlight) }, maskedFrame));

let answered = 0;

function maskedFrame() {
  const payload = Buffer.alloc(PAYLOAD_BYTES, 'x');
  const key = randomBytes(4);
  const masked = payload.map((byte, i) => byte ^ /** @type {number} */ (key[i % 4]));
  return Buffer.concat([Buffer.from([0x81, 0x80 | PAYLOAD_BYTES]), key, masked]);
}

/** Opens a connection. @returns a function that starts it off */
async function open() {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', resolve);
  });
  let missing = 0;
  const send = () => {
    missing = ANSWER_BYTES * Number(inFlight);
    socket.write(batch);
  };
  socket.on('data', (chunk) => {
    missing -= chunk.length;
    if (missing > 0) return;
    answered += Number(inFlight);
    send();
  });
  return send;
}

const starts = await Promise.all(Array.from({ length: Number(connections) }, open));
for (const start of starts) start();
await new Promise((resolve) => setTimeout(resolve, 500)); // warm
process.send?.('begin');
const [from, before] = [performance.now(), answered];
await new Promise((resolve) => setTimeout(resolve, 1_000 * Number(seconds)));
const rate = (answered - before) / ((performance.now() - from) / 1_000);
if (process.send === undefined) console.log(Math.round(rate));
if (process.send === undefined) process.exit();
else process.send({ rate, answered: answered - before }, () => process.exit());
