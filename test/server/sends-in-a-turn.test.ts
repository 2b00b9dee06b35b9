import { describe, expect, test } from 'vitest';
import { RawClient, textFrame } from '../support/raw-client.ts';
import { start } from '../support/servers.ts';

describe('a loop of plain sends', () => {
  test('for each of many messages of one turn is one write for each socket', async () => {
    const { port, server } = await start(
      {},
      {
        message(_socket, data) {
          for (const member of server.sockets) member.send(data);
        },
      },
    );
    const members = await Promise.all(Array.from({ length: 10 }, () => RawClient.open(port)));
    await expect.poll(() => server.sockets.size).toBe(10);
    for (const [number, member] of members.entries()) member.write(textFrame(`${number}`));
    for (const member of members) await member.until(() => member.received.length >= 30);
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const member of members) {
      const texts = member.received.toString('latin1').match(/\d/g);
      expect(texts?.sort()).toEqual([...'0123456789']);
      expect(member.chunks).toBeLessThan(10); // the messages came in a few turns
    }
  });
});
