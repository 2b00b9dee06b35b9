/** What the commands that run a server share: flags, one-line errors, shutdown. */
import { isIP } from 'node:net';
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The user asked for something impossible: one line on stderr, no stack trace. */
export class CommandError extends Error {
  /** 2 if the command line is wrong, 1 if the system refuses, such as for a port that is in use. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Parses flags strictly. @throws {CommandError} for an unknown flag, or one without its value */
export function parseFlags<T extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: T,
): ReturnType<typeof parseArgs<{ args: string[]; options: T }>>['values'] {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    const [firstSentence = ''] = (error as Error).message.split(/\.\s/);
    throw new CommandError(`${firstSentence}; see barewire --help`, 2);
  }
}

/** @throws {CommandError} for anything other than a TCP port */
export function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new CommandError(`a port must be a number from 0 to 65535, got "${text}"`, 2);
}

/** Waits for a server to listen. @throws {CommandError} with the cause in one line */
export async function listening<T>(started: Promise<T>, port: number, host: string): Promise<T> {
  try {
    return await started;
  } catch (error) {
    const { code, message, syscall } = error as NodeJS.ErrnoException;
    const noRights = `port ${port} needs more rights than this process has; choose one above 1023 with --port`;
    const why = {
      EADDRINUSE: `port ${port} on ${host} is in use; choose another with --port, or stop what uses it`,
      EACCES: syscall === 'listen' ? noRights : undefined, // or it is about a file
      EADDRNOTAVAIL: `${host} is not an address of this machine`,
      ENOTFOUND: `there is no host ${host}`,
    }[code ?? ''];
    throw new CommandError(why ?? message, 1);
  }
}

/** The host as it is written in a URL. */
export function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Closes the server at the first SIGINT or SIGTERM; the process then ends by itself. The second one ends it at once. */
export function closeOnSignal(close: () => Promise<void>): void {
  let isStopping = false;
  const stop = () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    void close();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
