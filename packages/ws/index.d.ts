/** The types of ws, for programs that are written against `@types/ws`. */
/// <reference types="node" />
import { EventEmitter } from 'node:events';
import {
  Agent,
  ClientRequest,
  ClientRequestArgs,
  Server as HttpServer,
  IncomingMessage,
  OutgoingHttpHeaders,
} from 'node:http';
import { Server as HttpsServer } from 'node:https';
import { createConnection } from 'node:net';
import { Duplex, DuplexOptions } from 'node:stream';
import { SecureContextOptions } from 'node:tls';
import { ZlibOptions } from 'node:zlib';

/** Everything that can be sent. */
type Sendable =
  | string
  | number
  | Buffer
  | ArrayBufferView
  | ArrayBuffer
  | SharedArrayBuffer
  | Blob
  | readonly any[]
  | { valueOf(): ArrayBuffer | SharedArrayBuffer | Uint8Array | readonly number[] | string }
  | { [Symbol.toPrimitive](hint: string): string };

type SocketEvents = {
  close: [code: number, reason: Buffer];
  error: [error: Error];
  message: [data: WebSocket.RawData, isBinary: boolean];
  open: [];
  ping: [data: Buffer];
  pong: [data: Buffer];
  redirect: [url: string, request: ClientRequest];
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
  upgrade: [response: IncomingMessage];
};

type ServerEvents<Socket, Request> = {
  close: [];
  connection: [socket: Socket, request: Request];
  error: [error: Error];
  headers: [headers: string[], request: Request];
  listening: [];
  wsClientError: [error: Error, socket: Duplex, request: Request];
};

type Listener<E> = ((event: E) => void) | { handleEvent(event: E): void };

declare class WebSocket extends EventEmitter {
  static readonly CONNECTING: 0;
  static readonly OPEN: 1;
  static readonly CLOSING: 2;
  static readonly CLOSED: 3;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;

  constructor(address: null);
  constructor(address: string | URL, options?: WebSocket.ClientOptions | ClientRequestArgs);
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: WebSocket.ClientOptions | ClientRequestArgs,
  );

  binaryType: 'nodebuffer' | 'arraybuffer' | 'fragments';
  readonly bufferedAmount: number;
  readonly extensions: string;
  readonly isPaused: boolean;
  readonly protocol: string;
  readonly readyState: 0 | 1 | 2 | 3;
  readonly url: string;

  onopen: ((event: WebSocket.Event) => void) | null;
  onerror: ((event: WebSocket.ErrorEvent) => void) | null;
  onclose: ((event: WebSocket.CloseEvent) => void) | null;
  onmessage: ((event: WebSocket.MessageEvent) => void) | null;

  close(code?: number, data?: string | Buffer): void;
  ping(data?: any, mask?: boolean, callback?: (error: Error) => void): void;
  pong(data?: any, mask?: boolean, callback?: (error: Error) => void): void;
  send(data: Sendable, callback?: (error?: Error) => void): void;
  send(
    data: Sendable,
    options: {
      mask?: boolean | undefined;
      binary?: boolean | undefined;
      compress?: boolean | undefined;
      fin?: boolean | undefined;
    },
    callback?: (error?: Error) => void,
  ): void;
  pause(): void;
  resume(): void;
  terminate(): void;

  addEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener: Listener<WebSocket.WebSocketEventMap[K]>,
    options?: WebSocket.EventListenerOptions,
  ): void;
  removeEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener: Listener<WebSocket.WebSocketEventMap[K]>,
  ): void;

  on<K extends keyof SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...values: SocketEvents[K]) => void,
  ): this;
  on(event: string | symbol, listener: (this: WebSocket, ...values: any[]) => void): this;
  once<K extends keyof SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...values: SocketEvents[K]) => void,
  ): this;
  once(event: string | symbol, listener: (this: WebSocket, ...values: any[]) => void): this;
  off<K extends keyof SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...values: SocketEvents[K]) => void,
  ): this;
  off(event: string | symbol, listener: (this: WebSocket, ...values: any[]) => void): this;
  addListener<K extends keyof SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...values: SocketEvents[K]) => void,
  ): this;
  addListener(event: string | symbol, listener: (this: WebSocket, ...values: any[]) => void): this;
  removeListener<K extends keyof SocketEvents>(
    event: K,
    listener: (this: WebSocket, ...values: SocketEvents[K]) => void,
  ): this;
  removeListener(event: string | symbol, listener: (this: WebSocket, ...values: any[]) => void): this;
}

declare const Itself: typeof WebSocket;
interface Itself extends WebSocket {}

declare namespace WebSocket {
  type RawData = Buffer | ArrayBuffer | Buffer[];
  type Data = string | Buffer | ArrayBuffer | Buffer[];
  type CertMeta = string | string[] | Buffer | Buffer[];

  type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (info: {
    origin: string;
    secure: boolean;
    req: Request;
  }) => boolean;

  type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
    info: { origin: string; secure: boolean; req: Request },
    callback: (res: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
  ) => void;

  type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;

  interface ClientOptions extends SecureContextOptions {
    agent?: Agent | undefined;
    allowSynchronousEvents?: boolean | undefined;
    autoPong?: boolean | undefined;
    checkServerIdentity?(servername: string, cert: CertMeta): boolean;
    closeTimeout?: number | undefined;
    createConnection?: typeof createConnection | undefined;
    family?: number | undefined;
    finishRequest?: FinishRequestCallback | undefined;
    followRedirects?: boolean | undefined;
    generateMask?(mask: Buffer): void;
    handshakeTimeout?: number | undefined;
    headers?: { [key: string]: string } | undefined;
    host?: string | undefined;
    localAddress?: string | undefined;
    maxBufferedChunks?: number | undefined;
    maxFragments?: number | undefined;
    maxPayload?: number | undefined;
    maxRedirects?: number | undefined;
    origin?: string | undefined;
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    protocol?: string | undefined;
    protocolVersion?: number | undefined;
    rejectUnauthorized?: boolean | undefined;
    skipUTF8Validation?: boolean | undefined;
  }

  interface PerMessageDeflateOptions {
    clientMaxWindowBits?: number | undefined;
    clientNoContextTakeover?: boolean | undefined;
    concurrencyLimit?: number | undefined;
    serverMaxWindowBits?: number | undefined;
    serverNoContextTakeover?: boolean | undefined;
    threshold?: number | undefined;
    zlibDeflateOptions?: ZlibOptions | undefined;
    zlibInflateOptions?: ZlibOptions | undefined;
  }

  interface Event {
    type: string;
    target: WebSocket;
  }

  interface ErrorEvent extends Event {
    error: any;
    message: string;
  }

  interface CloseEvent extends Event {
    code: number;
    reason: string;
    wasClean: boolean;
  }

  interface MessageEvent extends Event {
    data: Data;
  }

  interface WebSocketEventMap {
    open: Event;
    error: ErrorEvent;
    close: CloseEvent;
    message: MessageEvent;
  }

  interface EventListenerOptions {
    once?: boolean | undefined;
  }

  interface ServerOptions<
    Socket extends typeof WebSocket.WebSocket = typeof WebSocket.WebSocket,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > {
    allowSynchronousEvents?: boolean | undefined;
    autoPong?: boolean | undefined;
    backlog?: number | undefined;
    clientTracking?: boolean | undefined;
    closeTimeout?: number | undefined;
    handleProtocols?: (protocols: Set<string>, request: InstanceType<Request>) => string | false;
    host?: string | undefined;
    maxBufferedChunks?: number | undefined;
    maxFragments?: number | undefined;
    maxPayload?: number | undefined;
    noServer?: boolean | undefined;
    path?: string | undefined;
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    port?: number | undefined;
    server?: HttpServer<Request> | HttpsServer<Request> | undefined;
    skipUTF8Validation?: boolean | undefined;
    verifyClient?:
      | VerifyClientCallbackAsync<InstanceType<Request>>
      | VerifyClientCallbackSync<InstanceType<Request>>
      | undefined;
    WebSocket?: Socket | undefined;
  }

  interface AddressInfo {
    address: string;
    family: string;
    port: number;
  }

  class Server<
    Socket extends typeof WebSocket.WebSocket = typeof WebSocket.WebSocket,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > extends EventEmitter {
    options: ServerOptions<Socket, Request>;
    path: string;
    clients: Set<InstanceType<Socket>>;

    constructor(options?: ServerOptions<Socket, Request>, callback?: () => void);

    address(): AddressInfo | string | null;
    close(callback?: (error?: Error) => void): void;
    handleUpgrade(
      request: InstanceType<Request>,
      socket: Duplex,
      upgradeHead: Buffer,
      callback: (client: InstanceType<Socket>, request: InstanceType<Request>) => void,
    ): void;
    shouldHandle(request: InstanceType<Request>): boolean | Promise<boolean>;

    on<K extends keyof ServerEvents<InstanceType<Socket>, InstanceType<Request>>>(
      event: K,
      listener: (
        this: Server<Socket, Request>,
        ...values: ServerEvents<InstanceType<Socket>, InstanceType<Request>>[K]
      ) => void,
    ): this;
    on(event: string | symbol, listener: (this: Server<Socket, Request>, ...values: any[]) => void): this;
    once<K extends keyof ServerEvents<InstanceType<Socket>, InstanceType<Request>>>(
      event: K,
      listener: (
        this: Server<Socket, Request>,
        ...values: ServerEvents<InstanceType<Socket>, InstanceType<Request>>[K]
      ) => void,
    ): this;
    once(event: string | symbol, listener: (this: Server<Socket, Request>, ...values: any[]) => void): this;
    off<K extends keyof ServerEvents<InstanceType<Socket>, InstanceType<Request>>>(
      event: K,
      listener: (
        this: Server<Socket, Request>,
        ...values: ServerEvents<InstanceType<Socket>, InstanceType<Request>>[K]
      ) => void,
    ): this;
    off(event: string | symbol, listener: (this: Server<Socket, Request>, ...values: any[]) => void): this;
    addListener<K extends keyof ServerEvents<InstanceType<Socket>, InstanceType<Request>>>(
      event: K,
      listener: (
        this: Server<Socket, Request>,
        ...values: ServerEvents<InstanceType<Socket>, InstanceType<Request>>[K]
      ) => void,
    ): this;
    addListener(
      event: string | symbol,
      listener: (this: Server<Socket, Request>, ...values: any[]) => void,
    ): this;
    removeListener<K extends keyof ServerEvents<InstanceType<Socket>, InstanceType<Request>>>(
      event: K,
      listener: (
        this: Server<Socket, Request>,
        ...values: ServerEvents<InstanceType<Socket>, InstanceType<Request>>[K]
      ) => void,
    ): this;
    removeListener(
      event: string | symbol,
      listener: (this: Server<Socket, Request>, ...values: any[]) => void,
    ): this;
  }

  const WebSocketServer: typeof Server;
  interface WebSocketServer extends Server {}
  const WebSocket: typeof Itself;
  interface WebSocket extends Itself {}

  function createWebSocketStream(websocket: WebSocket, options?: DuplexOptions): Duplex;

  const extension: {
    parse(header: string): Record<string, Record<string, (string | true)[]>[]>;
    format(extensions: Record<string, object | readonly object[]>): string;
  };
  const subprotocol: { parse(header: string): Set<string> };

  class PerMessageDeflate {
    static readonly extensionName: string;
    params: Record<string, true | number> | null;
    constructor(options?: PerMessageDeflateOptions & { isServer?: boolean; maxPayload?: number });
    offer(): Record<string, true | number>;
    accept(configurations: readonly Record<string, (string | true)[]>[]): Record<string, true | number>;
  }

  class Receiver extends EventEmitter {
    constructor(options?: object);
    write(chunk: Uint8Array, callback?: (error?: Error | null) => void): boolean;
    end(): this;
  }

  class Sender {
    static frame(data: string | Uint8Array, options: object): Buffer[];
    constructor(socket: Duplex, extensions?: object, generateMask?: (mask: Buffer) => void);
    sendFrame(list: readonly Uint8Array[], callback?: (error?: Error) => void): void;
  }
}

export = WebSocket;
