/** Opening handshakes, `atOnce` at a time: connect, be accepted, reset the connection, and repeat. */
import { connect } from 'node:net';
import { upgradeRequest, verifyAcceptance } from './connection.js';
import { measure, parameters, tell } from './run.js';

/** @type {import('./run.js').Server & { atOnce: number, seconds: number }} */
const { port, pid, atOnce, seconds } = parameters;
const request = upgradeRequest(port, false);

let accepted = 0;

function knock() {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.on('error', (error) => {
    throw error;
  });
  socket.once('data', (answer) => {
    verifyAcceptance(answer.toString('latin1'));
    accepted++;
    socket.resetAndDestroy(); // leaves no port in TIME_WAIT
    knock();
  });
  socket.write(request);
}

for (let i = 0; i < atOnce; i++) knock();
tell(await measure(pid, seconds, () => accepted));
