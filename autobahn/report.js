// The report of a run for the terminal: sums by section, cases that are not OK, differences from the expected results.
import { compareIds, SECTIONS, sectionOf } from './case-ids.js';

/** @import { Difference, Result, Results } from './expected.js' */

/** The columns that every table has, in this order; others follow if the suite reports them. */
export const BEHAVIORS = ['OK', 'NON-STRICT', 'INFORMATIONAL', 'FAILED', 'UNIMPLEMENTED'];

/**
 * @typedef {object} Summary
 * @property {string} name
 * @property {number} cases
 * @property {Map<string, number>} behavior how often each behavior occurred
 * @property {Map<string, number>} close how often each behaviorClose occurred
 */

/**
 * @param {string} name
 * @param {Iterable<Result>} results
 * @returns {Summary}
 */
function sum(name, results) {
  /** @type {Summary} */
  const summary = { name, cases: 0, behavior: new Map(), close: new Map() };
  for (const [behavior, close] of results) {
    summary.cases++;
    summary.behavior.set(behavior, (summary.behavior.get(behavior) ?? 0) + 1);
    summary.close.set(close, (summary.close.get(close) ?? 0) + 1);
  }
  return summary;
}

/**
 * @param {Results} results
 * @returns {{ sections: Summary[], all: Summary }}
 */
export function summarize(results) {
  /** @type {Map<string, Result[]>} */
  const bySection = new Map();
  for (const id of [...results.keys()].sort(compareIds)) {
    const section = sectionOf(id);
    bySection.set(section, [...(bySection.get(section) ?? []), /** @type {Result} */ (results.get(id))]);
  }
  /** @type {Record<string, string>} */
  const titles = SECTIONS;
  const sections = [...bySection].map(([section, rows]) =>
    sum(`${section} ${titles[section] ?? ''}`.trim(), rows),
  );
  return { sections, all: sum('all', results.values()) };
}

/**
 * "290 OK, 4 NON-STRICT": the known behaviors first, without those that did not occur.
 * @param {ReadonlyMap<string, number>} counts
 */
function describeCounts(counts) {
  return behaviorsIn([counts], false)
    .map((behavior) => `${counts.get(behavior)} ${behavior}`)
    .join(', ');
}

/**
 * @param {readonly ReadonlyMap<string, number>[]} counts
 * @param {boolean} always whether the known behaviors are included even if they did not occur
 */
function behaviorsIn(counts, always) {
  const seen = new Set(counts.flatMap((map) => [...map.keys()]));
  const known = BEHAVIORS.filter((behavior) => always || seen.has(behavior));
  return [...known, ...[...seen].filter((behavior) => !BEHAVIORS.includes(behavior)).sort()];
}

/**
 * The cells of the table by section, head and sum included.
 * @param {Results} results
 * @returns {string[][]}
 */
export function summaryRows(results) {
  const { sections, all } = summarize(results);
  const behaviors = behaviorsIn([all.behavior], true);
  const rows = [...sections, all].map((row) => [
    row.name,
    String(row.cases),
    ...behaviors.map((behavior) => String(row.behavior.get(behavior) ?? 0)),
    describeCounts(row.close),
  ]);
  return [['section', 'cases', ...behaviors, 'closing handshake'], ...rows];
}

/**
 * Pads cells to columns: numbers to the right, the rest to the left.
 * @param {readonly (readonly string[])[]} rows
 */
export function formatTable(rows) {
  const [head = [], ...body] = rows;
  const columns = head.map((_, column) => {
    const cells = body.map((row) => row[column] ?? '');
    const width = Math.max(...rows.map((row) => (row[column] ?? '').length));
    return { width, right: cells.length > 0 && cells.every((cell) => /^\d+$/.test(cell)) };
  });
  const line = (/** @type {readonly string[]} */ row) =>
    columns
      .map(({ width, right }, column) => (row[column] ?? '')[right ? 'padStart' : 'padEnd'](width))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/**
 * The table by section, one line for each case that is not OK, and a total.
 * @param {Results} results
 */
export function formatReport(results) {
  const { all } = summarize(results);
  const notOk = [...results.keys()].sort(compareIds).filter((id) => results.get(id)?.join() !== 'OK,OK');
  const total = `${all.cases} cases: ${describeCounts(all.behavior)}; closing handshake: ${describeCounts(all.close)}`;
  const parts = [formatTable(summaryRows(results))];
  if (notOk.length > 0)
    parts.push(notOk.map((id) => `${id.padEnd(8)}${describeResult(results.get(id))}`).join('\n'));
  return [...parts, total].join('\n\n');
}

/** @param {Result | undefined} result */
function describeResult(result) {
  return result ? `${result[0]}, closing handshake ${result[1]}` : undefined;
}

/** @param {readonly Difference[]} differences */
export function formatDifferences(differences) {
  const rows = differences.map(({ id, expected, actual }) => [
    id,
    describeResult(expected) ?? '(no such case)',
    describeResult(actual) ?? '(did not run)',
  ]);
  return formatTable([['case', 'expected', 'now'], ...rows]);
}
