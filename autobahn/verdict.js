// Uses an outcome: compares it with the expected one, makes it the expected one, writes it into the document.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { renderConformance, writeConformance } from './conformance-doc.js';
import { expectedFile } from './context.js';
import { EXIT, RunError } from './errors.js';
import { compareResults, parseResults, serializeResults } from './expected.js';
import { formatDifferences } from './report.js';
import { SUITE_VERSION } from './wstest.js';

/** @import { Context, Side } from './context.js' */
/** @import { Results } from './expected.js' */
/** @import { FuzzingOutcome } from './suite-output.js' */

/**
 * @param {Side} side
 * @param {Context} context
 */
export async function readExpected(side, { root }) {
  const file = expectedFile(side);
  try {
    return parseResults(await readFile(path.join(root, file), 'utf8'));
  } catch (error) {
    throw new RunError(`${file}: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {FuzzingOutcome} outcome */
export function checkComplete({ results, total, failure }) {
  if (results.size > 0 && results.size === total) return;
  throw new RunError([`only ${results.size} of ${total} cases ran`, failure ?? ''].join('\n').trim());
}

/**
 * @param {FuzzingOutcome} outcome
 * @param {Side} side
 * @param {Results} wanted
 * @param {Context} context
 * @returns {number} the exit code
 */
export function verify(outcome, side, wanted, context) {
  const differences = compareResults(wanted, outcome.results);
  if (differences.length > 0) {
    context.print(`\nNot as expected (${expectedFile(side)}), ${differences.length} cases:\n`);
    context.print(formatDifferences(differences));
    return EXIT.failed;
  }
  context.print(`as expected: ${outcome.results.size} cases`);
  return EXIT.ok;
}

/**
 * @param {FuzzingOutcome} outcome
 * @param {Side} side
 * @param {Context} context
 */
export async function update(outcome, side, context) {
  checkComplete(outcome);
  if (outcome.version !== SUITE_VERSION)
    throw new RunError(`--update needs version ${SUITE_VERSION} of the suite`);
  const failed = [...outcome.results].filter(([, result]) => result.includes('FAILED')).map(([id]) => id);
  if (failed.length > 0)
    throw new RunError(`nothing updated: FAILED is never expected (${failed.join(', ')})`);
  await writeFile(path.join(context.root, expectedFile(side)), serializeResults(outcome.results));
  context.print(`updated: ${expectedFile(side)}`);
}

/**
 * Writes the tables of a full run into the document, if the run used this release of the suite.
 * @param {FuzzingOutcome} outcome
 * @param {Side} side
 * @param {Context} context
 */
export async function writeDocument(outcome, side, { root, print }) {
  if (outcome.version !== SUITE_VERSION) return;
  const peers = JSON.parse(await readFile(path.join(root, 'autobahn', 'peers.json'), 'utf8'));
  const body = renderConformance(side, outcome.results, peers[side]);
  const changed = await writeConformance(path.join(root, 'docs', 'conformance.md'), side, body);
  if (changed) print('updated: docs/conformance.md');
}
