import { WebSocket } from '../../dist/index.js';
import { closed, count, url } from './counting.js';

const socket = new WebSocket(url, [], { message: count });
socket.onclose = closed;
