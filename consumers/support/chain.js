/** As much of an Ethereum node over WebSockets as the clients of it ask for here: JSON-RPC 2.0, and `eth_subscribe`. */
import { once } from 'node:events';
import { WebSocketServer } from 'ws';

const hex = (/** @type {number} */ value) => `0x${value.toString(16)}`;
const hash = (/** @type {number} */ value) => `0x${value.toString(16).padStart(64, '0')}`;

/** @param {number} height a block without transactions */
const blockOf = (height) => ({
  number: hex(height),
  hash: hash(height),
  parentHash: hash(height - 1),
  timestamp: hex(1_700_000_000 + height),
  nonce: '0x0000000000000000',
  difficulty: '0x0',
  gasLimit: '0x1c9c380',
  gasUsed: '0x0',
  baseFeePerGas: '0x7',
  miner: `0x${'00'.repeat(20)}`,
  extraData: '0x',
  logsBloom: `0x${'00'.repeat(256)}`,
  stateRoot: hash(1),
  receiptsRoot: hash(2),
  transactionsRoot: hash(3),
  sha3Uncles: hash(4),
  mixHash: hash(5),
  size: '0x200',
  transactions: [],
  uncles: [],
});

export async function startChain() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 4_096 } });
  await once(server, 'listening');
  /** @type {Map<string, import('ws').WebSocket>} */
  const subscribed = new Map();
  const chain = {
    height: 100,
    url: `ws://127.0.0.1:${server.address().port}`,
    clients: () => [...server.clients],
    subscriptions: () => subscribed.size,
    mine() {
      const result = blockOf(++chain.height);
      for (const [subscription, socket] of subscribed)
        socket.send(
          JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params: { subscription, result } }),
        );
    },
    async stop() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
  /** @type {Record<string, (params: any[], socket: import('ws').WebSocket) => unknown>} */
  const methods = {
    eth_chainId: () => hex(31_337),
    net_version: () => '31337',
    eth_blockNumber: () => hex(chain.height),
    eth_getBalance: () => hex(1e18),
    eth_getBlockByNumber: ([height]) => blockOf(height === 'latest' ? chain.height : Number(height)),
    eth_subscribe(_params, socket) {
      const id = hex(subscribed.size + 1);
      subscribed.set(id, socket);
      return id;
    },
    eth_unsubscribe: ([id]) => subscribed.delete(id),
    test_echo: ([value]) => value,
    test_long: ([length]) => 'x'.repeat(length),
  };
  server.on('connection', (socket) => {
    socket.on('close', () => {
      for (const [id, subscriber] of subscribed) if (subscriber === socket) subscribed.delete(id);
    });
    const answer = ({ id, method, params = [] }) => {
      const known = methods[method];
      if (known === undefined)
        return { jsonrpc: '2.0', id, error: { code: -32_601, message: 'no such method' } };
      return { jsonrpc: '2.0', id, result: known(params, socket) };
    };
    socket.on('message', (data) => {
      const asked = JSON.parse(data.toString());
      socket.send(JSON.stringify(Array.isArray(asked) ? asked.map(answer) : answer(asked)));
    });
  });
  return chain;
}
