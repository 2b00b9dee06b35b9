/** barewire, as its README shows it. */
import { streamsOf, WebSocketServer } from '../../dist/index.js';
import { isDeflate, isQuestions, isTopic, listens } from './tell.js';

/** @typedef {import('../../dist/index.js').WebSocket<undefined>} Socket */

const isQuestion = (/** @type {import('../../dist/index.js').Message} */ data) =>
  typeof data === 'string' && data.startsWith('?');

/** Answers questions, in a loop over the socket itself or over its stream. */
async function answerEach(/** @type {Socket} */ socket) {
  const messages = process.argv.includes('streams') ? streamsOf(socket).readable : socket;
  for await (const data of messages) if (isQuestion(data)) socket.send(data);
}

/** @returns {import('../../dist/index.js').Handlers} */
function handlers() {
  if (process.argv.includes('loop') || process.argv.includes('streams'))
    return { open: (socket) => void answerEach(socket) };
  if (process.argv.includes('bytes'))
    return { bytes: (socket, data, isText) => void socket.send(data, { text: isText }) };
  if (process.argv.includes('uncopied'))
    return { message: (socket, data) => void socket.send(data, { copy: false }) };
  if (isQuestions) return { message: (socket, data) => void (isQuestion(data) && socket.send(data)) };
  if (!isTopic) return { message: (socket, data) => void socket.send(data) };
  if (process.argv.includes('sends')) {
    return {
      message: (_sender, data) => {
        for (const socket of server.sockets) socket.send(data);
      },
    };
  }
  return {
    open: (socket) => void socket.subscribe('all'),
    message: (_sender, data) => void server.publish('all', data),
  };
}

const server = new WebSocketServer({ perMessageDeflate: isDeflate }, handlers());
listens((await server.listen(0, '127.0.0.1')).port);
