/** `createWebSocketStream`: a Duplex over a WebSocket. */
import { nextTick } from 'node:process';
import { Duplex, type DuplexOptions } from 'node:stream';
import { callBackSoon } from './callbacks.ts';
import type { WebSocket } from './websocket.ts';

type Callback = (error?: Error | null) => void;

/** What is written is sent as binary messages; what comes is read, text as strings with `readableObjectMode`. */
export function createWebSocketStream(socket: WebSocket, options: DuplexOptions = {}): Duplex {
  /** A socket that has failed closes by itself, and its Close frame is to go out. */
  let hasFailed = false;
  const duplex: Duplex = new Duplex({
    ...options,
    autoDestroy: false,
    emitClose: false,
    objectMode: false,
    writableObjectMode: false,
    read() {
      if (socket.isPaused) socket.resume();
    },
    write: (chunk, _encoding, callback) => whenOpen(socket, () => socket.send(chunk, callBackSoon(callback))),
    final: (callback) => whenOpen(socket, () => finish(socket, duplex, callback)),
    destroy: (error, callback) => {
      endWith(socket, duplex, error, callback);
      if (!hasFailed) socket.terminate();
    },
  });
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (!duplex.push(!isBinary && duplex.readableObjectMode ? data.toString() : data)) socket.pause();
  });
  socket.once('error', (error: Error) => {
    if (duplex.destroyed) return;
    hasFailed = true;
    duplex.destroy(error);
  });
  socket.once('close', () => {
    if (!duplex.destroyed) duplex.push(null);
  });
  duplex.on('end', () => {
    if (!duplex.destroyed && duplex.writableFinished) duplex.destroy();
  });
  throwUnheardErrors(duplex);
  return duplex;
}

function whenOpen(socket: WebSocket, then: () => void): void {
  if (socket.readyState === socket.CONNECTING) socket.once('open', then);
  else then();
}

/** Everything is written: closes the socket. */
function finish(socket: WebSocket, duplex: Duplex, callback: Callback): void {
  const { _socket: transport } = socket;
  if (transport === null) return; // the opening has failed: 'error' follows
  if (transport.writableFinished) {
    callback();
    if (duplex.readableEnded) duplex.destroy();
  } else {
    transport.once('finish', () => callback());
    socket.close();
  }
}

/** Ends the stream with the socket. */
function endWith(socket: WebSocket, duplex: Duplex, error: Error | null, callback: Callback): void {
  const emitClose = () => nextTick(() => duplex.emit('close'));
  if (socket.readyState === socket.CLOSED) {
    callback(error);
    emitClose();
    return;
  }
  let isTold = false;
  socket.once('error', (other: Error) => {
    isTold = true;
    callback(other);
  });
  socket.once('close', () => {
    if (!isTold) callback(error);
    emitClose();
  });
}

/** The listener that destroys the stream must not hide that nobody else listens. */
function throwUnheardErrors(duplex: Duplex): void {
  duplex.once('error', (error) => {
    duplex.destroy();
    if (duplex.listenerCount('error') === 0) duplex.emit('error', error);
  });
}
