// The WebSocket that is built into Node since 22 (undici) and into other runtimes, for the suite's fuzzing server:
// npm run autobahn -- client --agent undici --command 'node autobahn/peers/standard-client.js {url} {agent}'
import { runCases } from '../case-loop.js';

await runCases(
  (url, /** @type {(message: string | ArrayBuffer) => string | ArrayBuffer | undefined} */ answer) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => {
      const message = answer(data);
      if (message !== undefined) socket.send(message);
    });
    const ended = new Promise((resolve) => socket.addEventListener('close', resolve));
    return { ended, cut: () => socket.close() }; // the standard has no way to terminate
  },
  process.argv.slice(2),
);
