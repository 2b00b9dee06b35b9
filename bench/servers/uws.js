/** uWebSockets.js, a server in C++ that is an addon for Node: a copy of it that others have published on npm. */
import { isDeflate, isTopic, listens } from './tell.js';

/** As in Bun: its own limits of 16 and 64 KiB would decide some comparisons. */
const MAX_BYTES = 16 * 1024 * 1024;

/** In a variable, so that types can be checked if it is not installed. @type {string} */
const PACKAGE = 'uws-pack';

/**
 * @typedef {{ send(data: ArrayBuffer, isBinary: boolean, compress: boolean): number, subscribe(topic: string): void }} Socket
 * @typedef {{ open(socket: Socket): void, message(socket: Socket, data: ArrayBuffer, isBinary: boolean): void }} Handlers
 * @typedef {Handlers & { compression: number, maxPayloadLength: number, maxBackpressure: number }} Options
 * @typedef {{
 *   ws(pattern: string, options: Options): App,
 *   publish(topic: string, data: ArrayBuffer, isBinary: boolean, compress: boolean): boolean,
 *   listen(host: string, port: number, onListening: (socket: object) => void): App,
 * }} App
 * @type {{ App(): App, DISABLED: number, SHARED_COMPRESSOR: number, us_socket_local_port(socket: object): number }}
 */
const uWS = await import(PACKAGE);

const app = uWS.App();
app.ws('/*', {
  compression: isDeflate ? uWS.SHARED_COMPRESSOR : uWS.DISABLED,
  maxPayloadLength: MAX_BYTES,
  maxBackpressure: MAX_BYTES,
  open: (socket) => {
    if (isTopic) socket.subscribe('all');
  },
  message: isTopic
    ? (_sender, data, isBinary) => void app.publish('all', data, isBinary, isDeflate)
    : (socket, data, isBinary) => void socket.send(data, isBinary, isDeflate),
});
app.listen('127.0.0.1', 0, (socket) => listens(uWS.us_socket_local_port(socket)));
