// The expected results: their file format, and the comparison with them.
import { compareIds } from './case-ids.js';
import { RunError } from './errors.js';

/**
 * The suite's result for one case: for the case itself, and for its closing handshake.
 * @typedef {readonly [behavior: string, behaviorClose: string]} Result
 * @typedef {ReadonlyMap<string, Result>} Results by case
 *
 * @typedef {object} Difference
 * @property {string} id
 * @property {Result | undefined} expected undefined: the case is not known
 * @property {Result | undefined} actual undefined: the case did not run
 */

/**
 * One line for each case, so that a diff shows which ones changed: `"OK"` when behavior and behaviorClose are both
 * OK, `[behavior, behaviorClose]` otherwise.
 * @param {Results} results
 */
export function serializeResults(results) {
  const rows = [...results].sort(([a], [b]) => compareIds(a, b));
  const lines = rows.map(([id, [behavior, close]]) => {
    const value = behavior === 'OK' && close === 'OK' ? '"OK"' : `["${behavior}", "${close}"]`;
    return `  "${id}": ${value}`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}

/**
 * @param {string} text
 * @returns {Map<string, Result>}
 */
export function parseResults(text) {
  /** @type {Map<string, Result>} */
  const results = new Map();
  for (const [id, value] of Object.entries(JSON.parse(text))) {
    const [behavior, close, ...rest] = value === 'OK' ? ['OK', 'OK'] : Array.isArray(value) ? value : [];
    if (typeof behavior !== 'string' || typeof close !== 'string' || rest.length > 0) {
      throw new RunError(`case ${id} is neither "OK" nor [behavior, behaviorClose]`);
    }
    results.set(id, [behavior, close]);
  }
  return results;
}

/**
 * @param {Results} expected
 * @param {Results} actual
 * @returns {Difference[]} in the order of the cases; missing and extra cases included
 */
export function compareResults(expected, actual) {
  const ids = [...new Set([...expected.keys(), ...actual.keys()])].sort(compareIds);
  return ids
    .map((id) => ({ id, expected: expected.get(id), actual: actual.get(id) }))
    .filter((row) => row.expected?.join() !== row.actual?.join());
}

/**
 * @param {Results} results
 * @param {readonly string[]} ids
 */
export function pickResults(results, ids) {
  /** @type {Map<string, Result>} */
  const picked = new Map();
  for (const id of ids) {
    const result = results.get(id);
    if (result) picked.set(id, result);
  }
  return picked;
}
