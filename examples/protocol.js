/** The protocol alone, without sockets. */
import { acceptKey, Connection, serializeFrame } from 'barewire/protocol';

console.log(acceptKey('dGhlIHNhbXBsZSBub25jZQ==')); // s3pPLMBiTxaQ9kYGzzhZRbK+xOo=

const server = new Connection(
  { role: 'server', maxMessageBytes: 1024 },
  { message: (data) => console.log('message:', data) },
);
server.receive(serializeFrame(true, 0x1, Buffer.from('hello'), 0x37fa213d)); // message: hello
server.send('hi');
console.log(Buffer.from(server.takeOutput()).toString('hex')); // 81026869
