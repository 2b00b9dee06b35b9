/**
 * `node bench/chat/serve.js OPTIONS`, in JSON: the chat, started by a program, with limits that benchmarks do not meet unless
 * they name them.
 */
import { startChat } from '../../dist/chat/chat-server.js';
import { path } from '../processes.js';
import { listens } from '../servers/tell.js';

const MANY = 1_000_000;
const LIMITS = { perSecond: MANY, burst: MANY, crowdPerSecond: MANY, connections: MANY };

const { limits, ...options } = JSON.parse(process.argv[2] ?? '{}');
const chat = await startChat(
  { publicFolder: path('../public'), ...options, limits: { ...LIMITS, ...limits } },
  0,
  '127.0.0.1',
);
listens(chat.address.port);
