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

/** @typedef {import('ws').WebSocket} Socket */

class Chain {
  height = 100;
  url = '';
  /** @type {Map<string, Socket>} who is told of new blocks */
  #subscribed = new Map();
  #server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 4_096 } });

  /** @type {Record<string, (params: any[], socket: Socket) => unknown>} */
  #methods = {
    eth_chainId: () => hex(31_337),
    net_version: () => '31337',
    eth_blockNumber: () => hex(this.height),
    eth_getBalance: () => hex(1e18),
    eth_getBlockByNumber: ([height]) => blockOf(height === 'latest' ? this.height : Number(height)),
    eth_subscribe: (_params, socket) => {
      const id = hex(this.#subscribed.size + 1);
      this.#subscribed.set(id, socket);
      return id;
    },
    eth_unsubscribe: ([id]) => this.#subscribed.delete(id),
    test_echo: ([value]) => value,
    test_long: ([length]) => 'x'.repeat(length),
  };

  async listen() {
    await once(this.#server, 'listening');
    this.url = `ws://127.0.0.1:${this.#server.address().port}`;
    this.#server.on('connection', (socket) => this.#serve(socket));
  }

  get clients() {
    return [...this.#server.clients];
  }

  get subscriptions() {
    return this.#subscribed.size;
  }

  /** A new block, which subscribers are told of. */
  mine() {
    const result = blockOf(++this.height);
    for (const [subscription, socket] of this.#subscribed) {
      const params = { subscription, result };
      socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params }));
    }
  }

  stop() {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  /** @param {Socket} socket */
  #serve(socket) {
    socket.on('message', (data) => {
      const asked = JSON.parse(data.toString());
      const answers = Array.isArray(asked)
        ? asked.map((each) => this.#answer(each, socket))
        : this.#answer(asked, socket);
      socket.send(JSON.stringify(answers));
    });
    socket.on('close', () => {
      for (const [id, subscriber] of this.#subscribed) if (subscriber === socket) this.#subscribed.delete(id);
    });
  }

  /**
   * @param {{ id: number, method: string, params?: any[] }} question
   * @param {Socket} socket
   */
  #answer({ id, method, params = [] }, socket) {
    const known = this.#methods[method];
    if (known === undefined)
      return { jsonrpc: '2.0', id, error: { code: -32_601, message: 'no such method' } };
    return { jsonrpc: '2.0', id, result: known(params, socket) };
  }
}

export async function startChain() {
  const chain = new Chain();
  await chain.listen();
  return chain;
}
