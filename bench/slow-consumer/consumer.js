/**
 * A client that is slow at first: `node consumer.js PORT loop|stream MESSAGES`. In the first half it pauses for 20 ms
 * after every 64 messages, in the second half it does not. Reports what it has received, and its memory.
 */
import { WebSocket, WebSocketStream } from '../../dist/index.js';
import { Memory } from './memory.js';

const [port = '0', how = 'loop', messages = '0'] = process.argv.slice(2);
const url = `ws://127.0.0.1:${port}/`;
const options = { perMessageDeflate: false };

/** @returns {Promise<AsyncIterable<string | Uint8Array>>} */
async function connect() {
  if (how === 'loop') return new WebSocket(url, [], options).opened;
  const { readable } = await new WebSocketStream(url, options).opened;
  return /** @type {AsyncIterable<string | Uint8Array>} */ (/** @type {unknown} */ (readable));
}

const memory = new Memory();
const source = await connect();
let count = 0;
let bytes = 0;
let wrong = 0;
for await (const message of source) {
  if (typeof message === 'string' || message[0] !== count % 256 || message.at(-1) !== count % 256) wrong++;
  count++;
  bytes += message.length;
  if (count % 64 === 0 && count <= Number(messages) / 2)
    await new Promise((resolve) => setTimeout(resolve, 20));
}
process.send?.({ count, bytes, wrong, extra: memory.extra });
process.disconnect?.();
