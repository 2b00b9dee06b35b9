// `autobahn client`: the suite's fuzzing server, and our own client or another one that runs its cases.
import path from 'node:path';
import { reportFolder } from './context.js';
import { freePort } from './free-port.js';
import { runFuzzingServer } from './fuzzing-server.js';
import { withProgress } from './progress.js';

/** @import { OtherClient } from './arguments.js' */
/** @import { Context } from './context.js' */
/** @import { FuzzingOutcome } from './suite-output.js' */
/** @import { Tool } from './wstest.js' */

/**
 * @param {{ tool: Tool, cases: readonly string[], other: OtherClient | undefined }} target
 * @param {Context} context
 * @returns {Promise<FuzzingOutcome>}
 */
export async function fuzzClient({ tool, cases, other }, context) {
  const { root, env, signal } = context;
  const agent = other?.agent ?? 'barewire';
  const client = (/** @type {string} */ url) =>
    other ? fillIn(other.command, url, agent) : ownClient(root, url, agent);
  const folder = reportFolder(context, other ? agent : 'client');
  const port = await freePort();
  context.log(`testing the client ${agent}`);
  return withProgress('client', context, (onProgress) =>
    runFuzzingServer({ tool, folder, port, agent, client, root, cases, env, signal, onProgress }),
  );
}

/**
 * @param {string} root
 * @param {string} url
 * @param {string} agent
 */
function ownClient(root, url, agent) {
  return { command: process.execPath, args: [path.join(root, 'autobahn', 'echo-client.js'), url, agent] };
}

/**
 * The words of a command, with the placeholders for the URL and the agent replaced. There is no shell.
 * @param {string} text
 * @param {string} url
 * @param {string} agent
 */
export function fillIn(text, url, agent) {
  const [command = '', ...args] = text
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll('{url}', url).replaceAll('{agent}', agent));
  return { command, args };
}
