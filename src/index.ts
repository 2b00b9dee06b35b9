/** `barewire`: what a user of the library imports, and nothing else. */

export type { BinaryType, Sendable, SendOptions } from './arguments.ts';
export type { ClientOptions, HeaderFields } from './client-options.ts';
export type { CloseInfo } from './close-info.ts';
export type { DeflateOptions } from './deflate-options.ts';
export { CloseEvent, ErrorEvent, type WebSocketEventMap } from './events.ts';
export type { SocketOptions } from './options.ts';
export type { Initiator, TracedFrame, Traffic } from './protocol/connection.ts';
export {
  ClosedError,
  type CloseFrame,
  type HandshakeAnswer,
  HandshakeError,
  ProtocolError,
  UsageError,
  type ViolationId,
  WebSocketError,
} from './protocol/errors.ts';
export { isAllowedHost, Refusal, type RefusalId } from './protocol/handshake/server.ts';
export type { Message } from './protocol/message.ts';
export { WebSocketServer } from './server.ts';
export {
  type Handlers,
  type PublishOptions,
  refuse,
  type ServerCloseOptions,
  type ServerOptions,
  type Verdict,
} from './server-options.ts';
export { WebSocket } from './websocket.ts';
export {
  type StreamCloseInfo,
  type StreamConnection,
  type StreamOptions,
  streamsOf,
  WebSocketStream,
} from './websocket-stream.ts';
