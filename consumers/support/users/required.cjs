'use strict';

/** A program in CommonJS, as many were written for ws. */
const assert = require('node:assert/strict');
const WebSocket = require('ws');
const { createWebSocketStream, Server, WebSocketServer } = require('ws');

assert.equal(WebSocket.WebSocket, WebSocket);
assert.equal(Server, WebSocketServer);
const server = new WebSocket.Server({ port: 0, host: '127.0.0.1', perMessageDeflate: true }, () => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}/`, 'chat', {
    origin: 'http://a.example',
  });
  const stream = createWebSocketStream(socket, { encoding: 'utf8' });
  stream.end('hello');
  stream.once('data', (text) => {
    console.log(text);
    server.close();
  });
});
server.on('connection', (socket, request) => {
  socket.on('message', (data, isBinary) =>
    socket.send(`${data} ${isBinary} ${socket.protocol} ${request.headers.origin}`),
  );
});
