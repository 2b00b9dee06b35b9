/**
 * The load of one run with permessage-deflate, in a process of its own: `node deflate-load.js URL CONNECTIONS IN_FLIGHT
 * SECONDS BYTES`. Each connection sends a batch of compressed JSON texts in one write, and the next batch when every
 * answer has come. It looks at the headers of the answers and inflates none, so that it costs less than what it measures.
 * With 0 seconds each connection sends one message and stays open until the process is told to end.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { constants, createDeflateRaw } from 'node:zlib';

const [url = '', connections = '1', inFlight = '1', seconds = '1', bytes = '260'] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const WORDS =
  'what a chat says is mostly the same few words again and again in another order each time'.split(' ');

let answered = 0;

/** A JSON text of so many bytes, and no two alike. */
function message(/** @type {number} */ number) {
  const head = `{"id":${number},"user":"user-${number % 97}","at":"2026-11-25T12:00:${10 + (number % 50)}Z","text":"`;
  let text = head;
  for (let i = number; text.length < Number(bytes) - 2; i += 7)
    text += `${WORDS[(i * i + number) % WORDS.length]} `;
  return `${text.slice(0, Number(bytes) - 2)}"}`;
}

/**
 * Masked frames with RSV1, compressed as a client does it: each refers to those before it. The first refers to none, so they
 * can be sent over and over in this order.
 */
async function compressedFrames(/** @type {number} */ count) {
  const deflate = createDeflateRaw({ windowBits: 12 });
  const frames = [];
  for (let number = 0; number < count; number++) {
    deflate.write(message(number));
    await new Promise((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(undefined)));
    frames.push(maskedFrame(/** @type {Buffer} */ (deflate.read()).subarray(0, -4)));
  }
  return frames;
}

function maskedFrame(/** @type {Buffer} */ payload) {
  const key = randomBytes(4);
  const masked = payload.map((byte, i) => byte ^ /** @type {number} */ (key[i % 4]));
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([0xc1, ...length]), key, masked]);
}

const frames = await compressedFrames(256);

/** Counts whole frames in what comes: servers' frames of less than 64 KiB. */
function frameCounter() {
  let rest = Buffer.alloc(0);
  return (/** @type {Buffer} */ chunk) => {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    let count = 0;
    while (all.length - at >= 4 || (all.length - at >= 2 && /** @type {number} */ (all[at + 1]) < 126)) {
      const short = /** @type {number} */ (all[at + 1]);
      const end = at + (short < 126 ? 2 + short : 4 + all.readUInt16BE(at + 2));
      if (end > all.length) break;
      at = end;
      count++;
    }
    rest = Buffer.from(all.subarray(at));
    return count;
  };
}

/** Opens a connection. @returns a function that starts it off, and is done when the first batch is answered */
async function open() {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n`,
  );
  const answer = await new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', resolve);
  });
  if (!String(answer).includes('permessage-deflate')) throw new Error('the server does not compress');
  const count = frameCounter();
  let next = 0;
  let missing = 0;
  return () =>
    new Promise((resolve) => {
      const send = () => {
        missing = Number(inFlight);
        socket.write(
          Buffer.concat(
            Array.from({ length: missing }, () => /** @type {Buffer} */ (frames[next++ % frames.length])),
          ),
        );
      };
      socket.on('data', (chunk) => {
        const came = count(chunk);
        answered += came;
        missing -= came;
        if (missing > 0) return;
        resolve(undefined);
        if (Number(seconds) > 0) send();
      });
      send();
    });
}

/** @type {(() => Promise<unknown>)[]} */
const starts = [];
for (let i = 0; i < Number(connections); i += 50) {
  starts.push(...(await Promise.all(Array.from({ length: Math.min(50, Number(connections) - i) }, open))));
}
if (Number(seconds) === 0) {
  process.send?.('open');
  await new Promise((resolve) => process.once('message', resolve));
  for (const start of starts) await start();
  process.send?.('answered');
  await new Promise((resolve) => process.once('message', resolve));
  process.exit();
}
for (const start of starts) void start();
await new Promise((resolve) => setTimeout(resolve, 500)); // warm
process.send?.('begin');
const [from, before] = [performance.now(), answered];
await new Promise((resolve) => setTimeout(resolve, 1_000 * Number(seconds)));
const rate = (answered - before) / ((performance.now() - from) / 1_000);
process.send?.({ rate, answered: answered - before }, () => process.exit());
