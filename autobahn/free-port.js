// Finds a port for a server that cannot choose one itself, and waits until the server accepts connections there.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 50;

/** @returns {Promise<number>} a loopback port that was free a moment ago */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Resolves as soon as a server accepts connections on the port.
 * @param {number} port
 * @param {AbortSignal} signal
 * @throws the signal's reason
 */
export async function answers(port, signal) {
  while (!(await accepts(port))) {
    signal.throwIfAborted();
    await sleep(PAUSE_MS);
  }
}

/** @param {number} port */
async function accepts(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
