/** `barewire`: what a user of the library imports, and nothing else. */
export { CloseEvent, ErrorEvent, type WebSocketEventMap } from './events.ts';
export type { SocketOptions } from './options.ts';
export type { Initiator } from './protocol/connection.ts';
export {
  ClosedError,
  type CloseFrame,
  HandshakeError,
  ProtocolError,
  UsageError,
  type ViolationId,
  WebSocketError,
} from './protocol/errors.ts';
export { Refusal, type RefusalId } from './protocol/handshake/server.ts';
export type { Message } from './protocol/message.ts';
export {
  type Handlers,
  refuse,
  type ServerCloseOptions,
  type ServerOptions,
  WebSocketServer,
} from './server.ts';
export { type CloseInfo, type Sendable, WebSocket } from './websocket.ts';
