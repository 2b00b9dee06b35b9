// The client of the `ws` package for the suite's fuzzing server, with the package's own defaults:
// npm run autobahn -- client --agent ws --command 'node autobahn/peers/ws-client.js {url} {agent}'
import { WebSocket } from 'ws';
import { runCases } from '../case-loop.js';

await runCases((url, /** @type {(message: string | Buffer) => string | Buffer | undefined} */ answer) => {
  const socket = new WebSocket(url);
  socket.on('error', () => {}); // the suite provokes errors
  socket.on('message', (/** @type {Buffer} */ data, isBinary) => {
    const message = answer(data);
    if (message !== undefined) socket.send(message, { binary: isBinary });
  });
  const ended = new Promise((resolve) => socket.on('close', resolve));
  return { ended, cut: () => socket.terminate() };
}, process.argv.slice(2));
