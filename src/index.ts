/** `barewire`: what a user of the library imports, and nothing else. */

export type { AdoptedClientOptions, ClientHandlers, ClientOptions, HeaderFields } from './client/options.ts';
export type { Initiator } from './protocol/ending.ts';
export {
  BarewireError,
  ClosedError,
  type CloseFrame,
  type HandshakeAnswer,
  HandshakeError,
  ProtocolError,
  UsageError,
  type ViolationId,
} from './protocol/errors.ts';
export { Refusal, type RefusalId } from './protocol/handshake/refusal.ts';
export { isAllowedHost } from './protocol/handshake/server.ts';
export type { Message } from './protocol/message.ts';
export type { PreparedMessage } from './protocol/prepared-message.ts';
export type { SendOptions } from './protocol/send-options.ts';
export type { TracedFrame } from './protocol/traced-frame.ts';
export type { Traffic } from './protocol/traffic.ts';
export type {
  Handlers,
  PublishOptions,
  ServerCloseOptions,
  ServerOptions,
} from './server/options.ts';
export { WebSocketServer } from './server/server.ts';
export { type Acceptance, accept, type ResponseHeaders, refuse, type Verdict } from './server/verdict.ts';
export type { Adopted } from './socket/adoption.ts';
export type { BinaryType, Sendable } from './socket/arguments.ts';
export type { CloseInfo } from './socket/close-info.ts';
export { CloseEvent, ErrorEvent, type WebSocketEventMap } from './socket/events.ts';
export type { ReceiveOptions, StreamedMessage } from './socket/incoming-message.ts';
export { prepareMessage } from './socket/prepare-message.ts';
export { adopt } from './socket/ready-made.ts';
export { WebSocket } from './socket/websocket.ts';
export { type StreamCloseInfo, WebSocketError } from './socket/websocket-error.ts';
export {
  type StreamConnection,
  type StreamOptions,
  streamsOf,
  WebSocketStream,
} from './socket/websocket-stream.ts';
export type { DeflateOptions } from './transport/deflate-options.ts';
export type { SocketOptions } from './transport/socket-options.ts';
