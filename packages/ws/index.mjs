export {
  createWebSocketStream,
  default,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
  WebSocket,
  WebSocketServer,
} from 'barewire/ws';
