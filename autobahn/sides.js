// `npm run autobahn`: runs one side or both, from the search for the suite to the verdict.
import path from 'node:path';
import { SECTION_PATTERNS, selectCases } from './case-ids.js';
import { fuzzClient } from './client-side.js';
import { cacheFolder, reportFolder } from './context.js';
import { build } from './echo-server.js';
import { EXIT } from './errors.js';
import { pickResults } from './expected.js';
import { findTool } from './find-wstest.js';
import { formatReport } from './report.js';
import { fuzzServer } from './server-side.js';
import { checkComplete, readExpected, update, verify, writeDocument } from './verdict.js';
import { SUITE_VERSION } from './wstest.js';

/** @import { TestArguments } from './arguments.js' */
/** @import { Context, Side } from './context.js' */
/** @import { Results } from './expected.js' */
/** @import { FuzzingOutcome } from './suite-output.js' */
/** @import { Tool } from './wstest.js' */

/**
 * @typedef {object} Plan the work for one side
 * @property {Side} side
 * @property {Results} expected of all cases
 * @property {readonly string[] | undefined} cases undefined: all
 */

/**
 * @param {TestArguments} options
 * @param {Context} context
 * @returns {Promise<number>} the exit code
 */
export async function testSides(options, context) {
  // Before anything slow starts: a pattern that selects nothing is a mistake in the arguments.
  const plans = await Promise.all(options.sides.map((side) => planOf(side, options, context)));
  context.log(`everything is stopped after ${options.timeoutMinutes} min (--timeout)`);
  const tool = await findTool({
    env: context.env,
    cache: cacheFolder(context),
    requirements: path.join(context.root, 'autobahn', 'requirements.txt'),
    log: context.log,
    signal: context.signal,
  });
  context.log(`using ${tool.label}`);
  if (!isOther(options)) {
    context.log('building barewire');
    await build(context.root, context.signal);
  }
  // Both sides at once, because the suite keeps one core busy and barewire a part of another.
  const outcomes = await Promise.allSettled(plans.map((plan) => fuzz(plan, tool, options, context)));
  /** @type {number} */
  let code = EXIT.ok;
  for (const [index, plan] of plans.entries()) {
    const ended = /** @type {PromiseSettledResult<FuzzingOutcome>} */ (outcomes[index]);
    if (ended.status === 'rejected') throw ended.reason;
    code = Math.max(code, await judge(plan, ended.value, options, context));
  }
  return code;
}

/**
 * @param {Side} side
 * @param {TestArguments} options
 * @param {Context} context
 * @returns {Promise<Plan>}
 */
async function planOf(side, { cases }, context) {
  const expected = await readExpected(side, context);
  return { side, expected, cases: cases && selectCases(cases, [...expected.keys()]) };
}

/** @param {TestArguments} options */
function isOther({ server, client }) {
  return (server ?? client) !== undefined;
}

/**
 * @param {Plan} plan
 * @param {Tool} tool
 * @param {TestArguments} options
 * @param {Context} context
 */
function fuzz({ side, cases }, tool, options, context) {
  const target = { tool, cases: cases ?? SECTION_PATTERNS };
  return side === 'server'
    ? fuzzServer({ ...target, other: options.server }, context)
    : fuzzClient({ ...target, other: options.client }, context);
}

/**
 * Prints the outcome of a side, and compares it with what is expected.
 * @param {Plan} plan
 * @param {FuzzingOutcome} outcome
 * @param {TestArguments} options
 * @param {Context} context
 * @returns {Promise<number>} the exit code
 */
async function judge({ side, expected, cases }, outcome, options, context) {
  printOutcome(outcome, (options.server ?? options.client)?.agent ?? side, context);
  if (isOther(options)) {
    checkComplete(outcome);
    return EXIT.ok;
  }
  const wanted = cases ? pickResults(expected, cases) : expected;
  if (options.update) await update(outcome, side, context);
  else if (verify(outcome, side, wanted, context) !== EXIT.ok) return EXIT.failed;
  if (cases === undefined) await writeDocument(outcome, side, context);
  return EXIT.ok;
}

/**
 * @param {FuzzingOutcome} outcome
 * @param {string} folder
 * @param {Context} context
 */
function printOutcome({ results, version }, folder, context) {
  if (version !== SUITE_VERSION)
    context.log(`this is version ${version} of the suite; expected are the outcomes of ${SUITE_VERSION}`);
  if (results.size > 0) context.print(`${formatReport(results)}\n`);
  context.print(`report: ${path.relative(context.root, reportFolder(context, folder))}/index.html`);
}
