/** `barewire/ws`: what ws exports, for programs that were written for it. */
import { extension } from './extension.ts';
import { PerMessageDeflate } from './permessage-deflate.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import { createWebSocketStream } from './stream.ts';
import { subprotocol } from './subprotocol.ts';
import { WebSocket } from './websocket.ts';
import { WebSocketServer } from './websocket-server.ts';

/** The class with the other exports as its members, as programs have it that `require` ws. */
interface WithStatics {
  readonly createWebSocketStream: typeof createWebSocketStream;
  readonly extension: typeof extension;
  readonly PerMessageDeflate: typeof PerMessageDeflate;
  readonly Receiver: typeof Receiver;
  readonly Sender: typeof Sender;
  readonly Server: typeof WebSocketServer;
  readonly subprotocol: typeof subprotocol;
  readonly WebSocket: typeof WebSocket;
  readonly WebSocketServer: typeof WebSocketServer;
}

/** The default export is that class, as a value and as a type. */
const Whole: typeof WebSocket & WithStatics = Object.assign(WebSocket, {
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  Server: WebSocketServer,
  subprotocol,
  WebSocket,
  WebSocketServer,
});
type Whole = WebSocket;

export type { SendOptions } from './arguments.ts';
export type { ClientOptions } from './client-options.ts';
export type { BinaryType, RawData } from './data.ts';
export type { CloseEvent, ErrorEvent, Event, MessageEvent, WebSocketEventMap } from './events.ts';
export type { PerMessageDeflateOptions } from './permessage-deflate.ts';
export type { ServerOptions, VerifyCallback, VerifyInfo } from './server-options.ts';
export {
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
  WebSocket,
  WebSocketServer,
  // biome-ignore lint/style/noDefaultExport: ws has one
  Whole as default,
};
