// `autobahn server`: the suite's fuzzing client against our own echo server, or against another one.
import { reportFolder } from './context.js';
import { serverEnded, startEchoServer } from './echo-server.js';
import { runFuzzingClient } from './fuzzing-client.js';
import { withProgress } from './progress.js';

/** @import { OtherServer } from './arguments.js' */
/** @import { Context } from './context.js' */
/** @import { FuzzingOutcome } from './suite-output.js' */
/** @import { Tool } from './wstest.js' */

/**
 * @param {{ tool: Tool, cases: readonly string[], other: OtherServer | undefined }} target
 * @param {Context} context
 * @returns {Promise<FuzzingOutcome>}
 */
export async function fuzzServer({ tool, cases, other }, context) {
  if (other) return fuzz({ tool, cases, ...other, folder: reportFolder(context, other.agent) }, context);
  const { url, server } = await startEchoServer(context.root, context.signal);
  const folder = reportFolder(context, 'server');
  try {
    const outcome = await fuzz({ tool, cases, url, agent: 'barewire', folder }, context).catch((error) => {
      // A dead server explains all other errors.
      throw server.exit && !context.signal.aborted ? serverEnded(server, 'while the suite ran') : error;
    });
    if (server.exit) throw serverEnded(server, `while the suite ran, after ${outcome.results.size} cases`);
    return outcome;
  } finally {
    if (!(await server.stop())) context.log('the echo server did not end on SIGTERM and was killed');
  }
}

/**
 * @param {{ tool: Tool, cases: readonly string[], url: string, agent: string, folder: string }} target
 * @param {Context} context
 */
function fuzz(target, context) {
  const { env, signal } = context;
  context.log(`testing the server ${target.agent} at ${target.url}`);
  return withProgress('server', context, (onProgress) =>
    runFuzzingClient({ ...target, env, signal, onProgress }),
  );
}
