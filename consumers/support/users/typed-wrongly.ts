/** Mistakes that the types have to find. */
import WebSocket, { WebSocketServer } from 'ws';

new WebSocketServer({ prot: 8080 });
new WebSocket('ws://127.0.0.1/').sned('hello');
new WebSocket('ws://127.0.0.1/').close('1000');
