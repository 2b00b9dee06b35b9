import { WebSocket } from '../../dist/index.js';
import { closed, count, url } from './counting.js';

const socket = new WebSocket(url);
socket.onmessage = (event) => count(event.data);
socket.onclose = closed;
