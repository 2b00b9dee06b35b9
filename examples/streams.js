/** A client as web streams. */
import { WebSocketStream } from 'barewire';

const { readable, writable } = await new WebSocketStream('ws://localhost:8080/').opened;
const writer = writable.getWriter();
await writer.write('streamed');
for await (const message of readable) {
  console.log('got', message);
  await writer.close();
}
