/** Sends as fast as the server takes it, until its parent process ends it: `node load/flooder.js PARAMETERS`, in JSON. */
import { compressedAlone, text } from './compressed.js';
import { openAll } from './connection.js';
import { COMPRESSED_TEXT, clientFrame, TEXT } from './frames.js';
import { parameters } from './run.js';

const RUN_BYTES = 64 * 1024;
const MIB = 1024 * 1024;
const PING = 0x89;

/** The frames of each kind of flood, which are sent again and again. @type {Record<string, () => Buffer[]>} */
const FRAMES = {
  bombs: () => [clientFrame(COMPRESSED_TEXT, compressedAlone(Buffer.alloc(MIB, 'a')))],
  compressed: () =>
    Array.from({ length: 256 }, (_, number) =>
      clientFrame(COMPRESSED_TEXT, compressedAlone(Buffer.from(text(number, 1_500)))),
    ),
  plain: () => [clientFrame(TEXT, Buffer.from('twenty bytes of text'))],
  pings: () => [clientFrame(PING, Buffer.from('are you there?'))],
};

/** @type {{ port: number, kind: string, peers: number }} */
const { port, kind, peers } = parameters;
const frames = FRAMES[kind]?.() ?? [];
const once = Buffer.concat(frames);
const run = Buffer.concat(Array(Math.max(1, Math.floor(RUN_BYTES / once.length))).fill(once));

const connections = await openAll(port, peers, { isDeflate: kind === 'bombs' || kind === 'compressed' });
for (const connection of connections) {
  connection.onBytes = () => {};
  /** Writes one run at a time, because queued output takes memory. */
  const write = () => connection.socket.write(run, write);
  write();
}
process.send?.('flooding');
