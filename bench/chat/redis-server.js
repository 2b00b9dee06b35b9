/** A Redis of one's own: a free port, a temporary folder, an append-only file. To be killed, paused and restarted. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { endsWithUs, temporaryFolder } from './cleanup.js';

const START_MS = 10_000;

/** @typedef {'always' | 'everysec' | 'no'} Fsync */

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

export class RedisServer {
  port = 0;
  #folder = temporaryFolder();
  #fsync;
  #prefix;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;

  /** @param prefix words before the command, such as taskset's */
  constructor(/** @type {Fsync} */ fsync, /** @type {string[]} */ prefix = []) {
    this.#fsync = fsync;
    this.#prefix = prefix;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Starts it, with what it has kept; at the same port as before. */
  async start() {
    this.port ||= await freePort();
    const settings = { port: this.port, bind: '127.0.0.1', dir: this.#folder, save: '', loglevel: 'warning' };
    const kept = { appendonly: 'yes', appendfsync: this.#fsync };
    const words = Object.entries({ ...settings, ...kept }).flatMap(([name, value]) => [
      `--${name}`,
      `${value}`,
    ]);
    const [file = '', ...parameters] = [...this.#prefix, 'redis-server', ...words];
    this.#child = spawn(file, parameters, { stdio: 'ignore' });
    endsWithUs(this.#child);
    for (const from = performance.now(); !(await this.#answers()); await sleep(20))
      if (performance.now() - from > START_MS) throw new Error('redis-server does not answer');
  }

  async #answers() {
    try {
      return (await this.command('PING')) === '+PONG';
    } catch {
      return false;
    }
  }

  signal(/** @type {NodeJS.Signals} */ signal) {
    this.#child?.kill(signal);
  }

  async stop(/** @type {NodeJS.Signals} */ signal) {
    if (this.#child === undefined) return;
    const ended = once(this.#child, 'exit');
    this.signal(signal);
    await ended;
    this.#child = undefined;
  }

  /** Sends a command over a connection of its own. @returns the first line of the answer */
  async command(/** @type {string} */ words) {
    const socket = connect(this.port, '127.0.0.1');
    socket.setTimeout(START_MS, () => socket.destroy(new Error(`Redis does not answer: ${words}`)));
    socket.write(`${words}\r\n`);
    try {
      const [answer] = await once(socket, 'data');
      return String(answer).split('\r\n')[0];
    } finally {
      socket.destroy();
    }
  }
}
