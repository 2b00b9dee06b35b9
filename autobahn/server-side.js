// `autobahn server`: the suite's fuzzing client against our own echo server, or against somebody else's.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SECTION_PATTERNS, selectCases } from './case-ids.js';
import { renderConformance, writeConformance } from './conformance-doc.js';
import { build, serverEnded, startEchoServer } from './echo-server.js';
import { EXIT, RunError } from './errors.js';
import { compareResults, parseResults, pickResults, serializeResults } from './expected.js';
import { findTool } from './find-wstest.js';
import { runFuzzingClient } from './fuzzing-client.js';
import { createProgress } from './progress.js';
import { formatDifferences, formatReport } from './report.js';
import { SUITE_VERSION } from './wstest.js';

/** @import { ServerArguments } from './arguments.js' */
/** @import { Results } from './expected.js' */
/** @import { FuzzingOutcome, Progress } from './fuzzing-client.js' */
/** @import { Tool } from './wstest.js' */

/**
 * @typedef {object} Context
 * @property {string} root the checkout
 * @property {NodeJS.ProcessEnv} env
 * @property {AbortSignal} signal ends everything
 * @property {(text: string) => void} print the outcome
 * @property {(text: string) => void} log what is going on
 */

/**
 * @param {ServerArguments} options
 * @param {Context} context
 * @returns {Promise<number>} the exit code
 */
export async function testServer(options, context) {
  const expected = await readExpected(context);
  // Before anything slow starts: a pattern that selects nothing is a mistake in the arguments.
  const cases = options.cases && selectCases(options.cases, [...expected.keys()]);
  context.log(`everything is stopped after ${options.timeoutMinutes} min (--timeout)`);
  const tool = await findTool({
    env: context.env,
    cache: path.join(context.root, '.cache', 'autobahn'),
    requirements: path.join(context.root, 'autobahn', 'requirements.txt'),
    log: context.log,
    signal: context.signal,
  });
  context.log(`using ${tool.label}`);
  const target = { tool, cases: cases ?? SECTION_PATTERNS };
  if (options.other) {
    const outcome = await fuzz({ ...target, ...options.other, folder: options.other.agent }, context);
    return checkComplete(outcome);
  }
  const outcome = await fuzzOwnServer(target, context);
  const wanted = cases ? pickResults(expected, cases) : expected;
  return options.update ? update(outcome, context) : verify(outcome, wanted, context, cases === undefined);
}

/** @param {Context} context */
function expectedFile({ root }) {
  return path.join(root, 'autobahn', 'expected', 'server.json');
}

/** @param {Context} context */
async function readExpected(context) {
  const file = expectedFile(context);
  try {
    return parseResults(await readFile(file, 'utf8'));
  } catch (error) {
    throw new RunError(`${path.relative(context.root, file)}: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * @param {{ tool: Tool, cases: readonly string[] }} target
 * @param {Context} context
 */
async function fuzzOwnServer(target, context) {
  context.log('building barewire');
  await build(context.root, context.signal);
  const { url, server } = await startEchoServer(context.root, context.signal);
  try {
    const outcome = await fuzz({ ...target, url, agent: 'barewire', folder: 'server' }, context).catch(
      (error) => {
        // A dead server explains whatever else went wrong.
        throw server.exit && !context.signal.aborted ? serverEnded(server, 'while the suite ran') : error;
      },
    );
    if (server.exit) throw serverEnded(server, `while the suite ran, after ${outcome.results.size} cases`);
    return outcome;
  } finally {
    if (!(await server.stop())) context.log('the echo server did not end on SIGTERM and was killed');
  }
}

/**
 * @param {{ tool: Tool, cases: readonly string[], url: string, agent: string, folder: string }} target
 * @param {Context} context
 * @returns {Promise<FuzzingOutcome>}
 */
async function fuzz({ folder, ...target }, context) {
  const { env, signal } = context;
  const reports = path.join(context.root, '.cache', 'autobahn', 'reports', folder);
  context.log(`testing ${target.agent} at ${target.url}`);
  const outcome = await withProgress(context, (onProgress) =>
    runFuzzingClient({ ...target, folder: reports, env, signal, onProgress }),
  );
  if (outcome.version !== SUITE_VERSION) {
    context.log(
      `this is version ${outcome.version} of the suite; expected are the outcomes of ${SUITE_VERSION}`,
    );
  }
  if (outcome.results.size > 0) context.print(`${formatReport(outcome.results)}\n`);
  context.print(`report: ${path.relative(context.root, reports)}/index.html`);
  return outcome;
}

/**
 * @template T
 * @param {Context} context
 * @param {(onProgress: (event: Progress) => void) => Promise<T>} work
 */
async function withProgress(context, work) {
  const progress = createProgress(process.stderr);
  try {
    const value = await work(progress.update);
    progress.end();
    return value;
  } catch (error) {
    const last = progress.end();
    if (last !== undefined) context.log(`the last case that began was ${last}`);
    throw error;
  }
}

/**
 * @param {FuzzingOutcome} outcome
 * @returns {number}
 */
function checkComplete({ results, total, failure }) {
  if (results.size > 0 && results.size === total) return EXIT.ok;
  throw new RunError([`only ${results.size} of ${total} cases ran`, failure ?? ''].join('\n').trim());
}

/**
 * @param {FuzzingOutcome} outcome
 * @param {Results} wanted
 * @param {Context} context
 * @param {boolean} isFull
 */
async function verify(outcome, wanted, context, isFull) {
  const differences = compareResults(wanted, outcome.results);
  if (differences.length > 0) {
    context.print(`\nNot as expected (autobahn/expected/server.json), ${differences.length} cases:\n`);
    context.print(formatDifferences(differences));
    return EXIT.failed;
  }
  context.print(`as expected: ${outcome.results.size} cases`);
  if (isFull && outcome.version === SUITE_VERSION) await writeDocument(outcome.results, context);
  return EXIT.ok;
}

/**
 * @param {FuzzingOutcome} outcome
 * @param {Context} context
 */
async function update(outcome, context) {
  checkComplete(outcome);
  if (outcome.version !== SUITE_VERSION)
    throw new RunError(`--update needs version ${SUITE_VERSION} of the suite`);
  const failed = [...outcome.results].filter(([, result]) => result.includes('FAILED')).map(([id]) => id);
  if (failed.length > 0)
    throw new RunError(`nothing updated: FAILED is never expected (${failed.join(', ')})`);
  await writeFile(expectedFile(context), serializeResults(outcome.results));
  context.print('updated: autobahn/expected/server.json');
  await writeDocument(outcome.results, context);
  return EXIT.ok;
}

/**
 * @param {Results} results
 * @param {Context} context
 */
async function writeDocument(results, context) {
  const peers = JSON.parse(await readFile(path.join(context.root, 'autobahn', 'peers.json'), 'utf8'));
  const changed = await writeConformance(
    path.join(context.root, 'docs', 'conformance.md'),
    renderConformance(results, peers),
  );
  if (changed) context.print('updated: docs/conformance.md');
}
