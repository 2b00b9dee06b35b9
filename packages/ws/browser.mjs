function none() {
  throw new Error('ws does not work in the browser. Browser clients must use the native WebSocket object');
}

export {
  none as createWebSocketStream,
  none as default,
  none as extension,
  none as PerMessageDeflate,
  none as Receiver,
  none as Sender,
  none as subprotocol,
  none as WebSocket,
  none as WebSocketServer,
};
