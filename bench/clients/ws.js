import { WebSocket } from 'ws';
import { closed, count, url } from './counting.js';

const socket = new WebSocket(url, { perMessageDeflate: false });
socket.on('message', count);
socket.on('close', closed);
