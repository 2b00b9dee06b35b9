/** The WebSocket that is built into Node; before Node 22 it needs `--experimental-websocket`. */
import { closed, count, url } from './counting.js';

const socket = new WebSocket(url);
socket.onmessage = (event) => count(event.data);
socket.onclose = closed;
