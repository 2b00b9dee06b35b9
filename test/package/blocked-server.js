/** A server in a process of its own: `node blocked-server.js OPTIONS`. For each number it is sent it stands still as long. */
import { WebSocketServer } from '../../dist/index.js';

const server = new WebSocketServer(JSON.parse(process.argv[2] ?? '{}'), { message() {} });

process.on('message', (milliseconds) => {
  for (const from = performance.now(); performance.now() - from < Number(milliseconds); );
  process.send?.('done');
});
process.on('disconnect', () => process.exit());

const { port } = await server.listen(0, '127.0.0.1');
process.send?.(port);
