/** `barewire echo`: an echo server for Autobahn, benchmarks and experiments. */
import { WebSocketServer } from '../index.ts';
import { CommandError, closeOnSignal, listening, parseFlags, parsePort, urlHost } from './server-command.ts';

/** Autobahn's largest message is 16 MiB. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export async function echoCommand(parameters: string[]): Promise<void> {
  const flags = parseFlags(parameters, {
    port: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    broadcast: { type: 'boolean', default: false },
    'no-deflate': { type: 'boolean', default: false },
  });
  if (flags.port === undefined) throw new CommandError('echo needs --port', 2);
  const { host } = flags;
  const port = parsePort(flags.port);
  const server = new WebSocketServer(
    {
      allowedOrigins: '*',
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxQueuedBytes: 2 * MAX_MESSAGE_BYTES,
      perMessageDeflate: !flags['no-deflate'],
    },
    {
      message: (sender, data) => {
        if (flags.broadcast) server.broadcast(data);
        else sender.send(data);
      },
    },
  );
  const address = await listening(server.listen(port, host), port, host);
  closeOnSignal(() => server.close());
  console.log(`barewire echo: ws://${urlHost(host)}:${address.port}/`);
}
