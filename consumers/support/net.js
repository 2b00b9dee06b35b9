/** Servers and sockets of the programs: on loopback, on a free port. */
import { once } from 'node:events';

/** @import { Server } from 'node:http' */
/** @import { AddressInfo } from 'node:net' */

/**
 * @param {Server} server
 * @returns {Promise<number>} its port
 */
export async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return /** @type {AddressInfo} */ (server.address()).port;
}

/**
 * Closes a server, with its connections that no WebSocket has taken. Does not wait for the others: if one is left, the program does
 * not end by itself, which is noticed.
 * @param {Server} server
 */
export function close(server) {
  server.close();
  server.closeAllConnections();
}

/** @param {number} length @param {number} [seed] bytes that are the same in each run, and do not compress to nothing */
export function bytes(length, seed = 1) {
  const made = Buffer.alloc(length);
  for (let i = 0, state = seed; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    made[i] = state >> 16;
  }
  return made;
}
