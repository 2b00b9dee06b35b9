import { WebSocket } from '../../dist/index.js';
import { asBytes, closed, count, url } from './counting.js';

const socket = new WebSocket(url, [], asBytes ? { bytes: count } : { message: count });
socket.onclose = closed;
