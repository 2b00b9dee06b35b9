// barewire's client for the suite's fuzzing server: `node autobahn/echo-client.js URL AGENT`, on the built library.
import { WebSocket } from 'barewire';
import { MAX_MESSAGE_BYTES, OPENING_LIMIT_MS, runCases } from './case-loop.js';

await runCases(
  (url, /** @type {(message: string | Uint8Array) => string | Uint8Array | undefined} */ answer) => {
    const socket = new WebSocket(url, [], {
      perMessageDeflate: true,
      openingTimeoutMs: OPENING_LIMIT_MS,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxQueuedBytes: 2 * MAX_MESSAGE_BYTES,
    });
    socket.binaryType = 'uint8array';
    socket.addEventListener('message', ({ data }) => {
      const message = answer(data);
      if (message !== undefined) socket.send(message);
    });
    return { ended: socket.closed, cut: () => socket.terminate() };
  },
  process.argv.slice(2),
);
