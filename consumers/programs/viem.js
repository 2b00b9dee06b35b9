/** viem: its webSocket transport, which reaches ws through isows. */
import assert from 'node:assert/strict';
import { createPublicClient, webSocket } from 'viem';
import { startChain } from '../support/chain.js';
import { check, end, until } from '../support/check.js';

const chain = await startChain();
const transport = webSocket(chain.url, {
  keepAlive: { interval: 500 },
  reconnect: { delay: 50 },
  retryCount: 1,
});
const client = createPublicClient({ transport });

await check('asks for the chain, the height and a balance', async () => {
  assert.equal(await client.getChainId(), 31_337);
  assert.equal(await client.getBlockNumber({ cacheTime: 0 }), BigInt(chain.height));
  assert.equal(await client.getBalance({ address: `0x${'11'.repeat(20)}` }), 10n ** 18n);
});

await check('100 questions at once on one socket', async () => {
  const asked = Array.from({ length: 100 }, (_, i) => client.request({ method: 'test_echo', params: [i] }));
  assert.deepEqual(
    await Promise.all(asked),
    Array.from({ length: 100 }, (_, i) => i),
  );
  assert.equal(chain.clients.length, 1);
});

await check('an answer of 2 MB, compressed', async () => {
  assert.equal((await client.request({ method: 'test_long', params: [2_000_000] })).length, 2_000_000);
});

await check('an error has its message', async () => {
  await assert.rejects(client.request({ method: 'test_none' }), /no such method/);
});

await check('blocks are told as they come, until nobody watches', async () => {
  const heights = [];
  const unwatch = client.watchBlocks({ onBlock: ({ number }) => heights.push(number) });
  await until(() => chain.subscriptions === 1, 'a subscription');
  for (let i = 0; i < 5; i++) chain.mine();
  await until(() => heights.includes(BigInt(chain.height)), 'the last block');
  unwatch();
  await until(() => chain.subscriptions === 0, 'no subscription');
});

await check('comes back when the connection breaks', async () => {
  for (const socket of chain.clients) socket.terminate();
  await until(async () => {
    const answer = await client.request({ method: 'test_echo', params: ['again'] }).catch(() => undefined);
    return answer === 'again';
  }, 'an answer');
});

await check('closes', async () => {
  const socket = await client.transport.getRpcClient();
  socket.close();
  await until(() => chain.clients.length === 0, 'no client');
});

chain.stop();
end({ exit: 'viem keeps the timer of its keep-alive' });
