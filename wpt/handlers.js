// The WebSocket servers of the suite: pywebsocket3 with the suite's own handlers.
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import path from 'node:path';

/** @returns {Promise<number>} a port that is free now */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @param {number} port @returns {Promise<boolean>} whether something listens there */
function listens(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });
}

/**
 * @param {string} root
 * @param {{ key: string, cert: string }} [certificate] for TLS
 */
export async function startHandlers(root, certificate) {
  const port = await freePort();
  const handlers = path.join(root, 'websockets', 'handlers');
  const tls = certificate === undefined ? [] : ['-t', '-k', certificate.key, '-c', certificate.cert];
  const where = ['-H', '127.0.0.1', '-p', String(port), '-d', handlers, '-w', handlers];
  const python = process.env['PYTHON'] ?? 'python3';
  const args = ['-m', 'pywebsocket3.standalone', ...where, ...tls, '--log-level', 'critical'];
  // A whole checkout has the package; a part of one needs it installed.
  const packages = ['pywebsocket3', 'six'].map((name) => path.join(root, 'tools', 'third_party', name));
  const env = {
    ...process.env,
    PYTHONPATH: [...packages, process.env['PYTHONPATH'] ?? ''].join(path.delimiter),
  };
  const server = spawn(python, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  process.on('exit', () => server.kill());
  let said = '';
  server.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-2_000);
  });
  for (let tries = 0; !(await listens(port)); tries++) {
    if (server.exitCode !== null || tries > 100)
      throw new Error(`pywebsocket3 did not start; is it installed for ${python}?\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { port, stop: () => server.kill() };
}
