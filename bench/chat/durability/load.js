/** Members that talk as fast as they are acknowledged. They are in rooms of their own, so that what is measured is the log. */
import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { parameters, sleep, tell } from '../../load/run.js';
import { signIn } from '../client.js';
import { Latencies } from '../room/latencies.js';

const WARM_MS = 1_000;

/** @type {{ port: number, members: number, window: number, seconds: number, storage: string }} */
const { port, members, window, seconds, storage } = parameters;
const TEXT = 'what is said in a room '.repeat(5);

const latencies = new Latencies();
let acks = 0;
let isMeasured = false;

async function talk(/** @type {number} */ number) {
  const room = `room-${number}`;
  const cookie = await signIn(
    port,
    `member ${number}`,
    process.platform === 'linux' ? '127.2.0.1' : undefined,
  );
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, 'chat.v1', { headers: { Cookie: cookie } });
  /** @type {Map<string, number>} */
  const saidAt = new Map();
  const say = () => {
    const id = randomUUID();
    saidAt.set(id, performance.now());
    socket.send(JSON.stringify({ type: 'say', room, id, text: TEXT }));
  };
  socket.on('error', (error) => {
    throw error;
  });
  socket.on('close', (code) => {
    throw new Error(`the server has closed a connection with ${code}`);
  });
  socket.on('message', (data) => {
    const text = String(data);
    if (text.startsWith('{"type":"entries"')) return;
    const { type, id, code, storage: kept } = JSON.parse(text);
    if (type === 'welcome' && kept !== storage) throw new Error(`kept in ${kept}, not in ${storage}`);
    if (type === 'welcome') socket.send(JSON.stringify({ type: 'join', room }));
    if (type === 'joined') for (let i = 0; i < window; i++) say();
    if (type === 'error') throw new Error(`refused: ${code}`);
    if (type !== 'ack') return;
    if (isMeasured) {
      acks++;
      latencies.add(performance.now() - (saidAt.get(id) ?? 0));
    }
    saidAt.delete(id);
    say();
  });
}

await Promise.all(Array.from({ length: members }, (_, i) => talk(i)));
await sleep(WARM_MS);
isMeasured = true;
const from = performance.now();
await sleep(1_000 * seconds);
const rate = (1_000 * acks) / (performance.now() - from);
tell({ rate, p50: latencies.percentile(0.5), p99: latencies.percentile(0.99) });
