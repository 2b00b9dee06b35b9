/** A server in a process of its own, because one that never comes back would take its tests with it. */
import { once } from 'node:events';
import { OPCODE } from 'barewire/protocol';
import { expect, test } from 'vitest';
import { BarewireCommand } from '../support/barewire-command.ts';
import { frame, RawClient, textFrame } from '../support/raw-client.ts';

const LONG = frame(OPCODE.binary, new Uint8Array(900_000));

test('a server lives on whose peers are gone while long messages are written to them', async () => {
  const command = BarewireCommand.start(['echo', '--port', '0']);
  const port = await command.port();
  for (let i = 0; i < 20; i++) {
    for (const how of ['destroy', 'resetAndDestroy'] as const) {
      const { socket } = await RawClient.open(port);
      socket.write(LONG, () => setImmediate(() => socket[how]()));
      await once(socket, 'close');
    }
  }
  const client = await RawClient.open(port);
  client.write(textFrame('here'));
  expect(await client.take(6)).toBe('810468657265');
  expect(command.stderr).toBe('');
  client.socket.destroy();
}, 15_000);
