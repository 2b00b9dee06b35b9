/** ethers: its WebSocketProvider, against a small JSON-RPC server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocketProvider } from 'ethers';
import { WebSocket } from 'ws';
import { startChain } from '../support/chain.js';
import { check, end, until } from '../support/check.js';

const chain = await startChain();
const provider = new WebSocketProvider(chain.url);

await check('the socket is one of the class that stands for ws', () => {
  assert.ok(provider.websocket instanceof WebSocket);
});

await check('asks for the network, the height and a balance', async () => {
  assert.equal((await provider.getNetwork()).chainId, 31_337n);
  assert.equal(await provider.getBlockNumber(), chain.height);
  assert.equal(await provider.getBalance(`0x${'11'.repeat(20)}`), 10n ** 18n);
});

await check('100 questions at once', async () => {
  const balances = await Promise.all(Array.from({ length: 100 }, (_, i) => provider.send('test_echo', [i])));
  assert.deepEqual(
    balances,
    Array.from({ length: 100 }, (_, i) => i),
  );
});

await check('an answer of 2 MB', async () => {
  assert.equal((await provider.send('test_long', [2_000_000])).length, 2_000_000);
});

await check('an error has its message', async () => {
  await assert.rejects(provider.send('test_none', []), /no such method/);
});

await check('blocks are told as they come', async () => {
  const heights = [];
  await provider.on('block', (height) => heights.push(height));
  await until(() => chain.subscriptions > 0, 'a subscription');
  for (let i = 0; i < 5; i++) chain.mine();
  await until(() => heights.length >= 5, 'five blocks');
  assert.equal(heights.at(-1), chain.height);
  await provider.removeAllListeners('block');
  await until(() => chain.subscriptions === 0, 'no subscription');
});

await check('destroy closes the socket', async () => {
  const closed = once(chain.clients[0], 'close');
  await provider.destroy();
  assert.equal((await closed)[0], 1005);
});

chain.stop();
end({ exit: 'the provider keeps a timer for its answers in a cache' });
