/**
 * Writes RESULTS.md and the charts, or ADAPTER.md, from the figures of a run. `node bench/report.js FILE` writes it again from the
 * figures of the last run that was written there.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { CHARTS } from './charts.js';
import { compare } from './compare.js';
import { NOTES } from './notes.js';
import { draw } from './svg.js';
import { LABELS, ratioWords, rowsOf, targetWords } from './table.js';

/**
 * Everything that RESULTS.md and the charts are made from.
 * @typedef {object} Report
 * @property {string} file
 * @property {string} title
 * @property {string} date
 * @property {Record<string, string>} machine
 * @property {number} rounds
 * @property {number} seconds
 * @property {import('./table.js').Name[]} leftOut peers whose binary does not run on the machine
 * @property {import('./compare.js').Result[]} results
 */

const location = (/** @type {string} */ relative) => new URL(relative, import.meta.url);
const figuresOf = (/** @type {string} */ file) => location(`../.cache/bench-${file}.json`);

/** @returns {string} a table in Markdown: the first column to the left, figures to the right */
function table(/** @type {Record<string, string>[]} */ rows) {
  const heads = Object.keys(rows[0] ?? {});
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [
    line(heads),
    line(heads.map((_, i) => (i === 0 ? '---' : '--:'))),
    ...rows.map((row) => line(heads.map((head) => row[head] ?? ''))),
  ].join('\n');
}

/** @returns {string} barewire's ratio to another, with its target */
function cell(
  /** @type {import('./compare.js').Result} */ result,
  /** @type {import('./table.js').Name} */ name,
) {
  const ratio = compare(result, name);
  if (ratio === undefined) return '';
  const value = `${ratioWords(ratio.value)} ×`;
  if (ratio.target === undefined) return value;
  return `**${value}** (${ratio.isMet ? '' : 'missed: '}${targetWords(result.compares, ratio.target)})`;
}

const COMPARED = { speed: 'speed', cpu: 'CPU time', memory: 'memory', p99: 'p99', worst: 'worst wait' };

/** Without the columns of those that were compared with nothing. */
function overview(/** @type {Report} */ { results }) {
  const rows = results.map((result) => ({
    workload: result.title,
    compared: COMPARED[result.compares],
    ws: cell(result, 'ws'),
    'bare node:net': cell(result, 'floor'),
    Bun: cell(result, 'bun'),
    'Bun, with contexts': cell(result, 'bunContext'),
    'uWebSockets.js': cell(result, 'uws'),
  }));
  const filled = Object.keys(rows[0] ?? {}).filter((head) =>
    rows.some((row) => Reflect.get(row, head) !== ''),
  );
  return rows.map((row) => Object.fromEntries(filled.map((head) => [head, Reflect.get(row, head)])));
}

/** @returns {string} */
function markdown(/** @type {Report} */ report) {
  const { title, date, machine, rounds, seconds, leftOut, results } = report;
  return `# ${title}

Written by \`node bench/run.js\` on ${date}. Ratios are barewire’s figure to that of the other one: of
speed more is better, of all else less. In parentheses the targets that there are.

${table(overview(report))}

Medians of ${rounds} rounds of ${seconds} s each, in parentheses the least and the most. In each round every server is started
anew, and they take turns in who comes first. “Busy” is the share of the time in which the measured process had the CPU; where it is
below 90 % on either side, the load was the limit, and speeds are compared by the CPU time for one message instead of
the rate.

${table(Object.entries(machine).map(([what, value]) => ({ '': what, ' ': value })))}
${leftOut.length === 0 ? '' : `\nLeft out, because it does not run on this system: ${leftOut.map((name) => LABELS[name]).join(', ')}.\n`}
${results.map((result) => `## ${result.title}\n\n\`${result.name}\`\n\n${table(rowsOf(result))}\n`).join('\n')}
## What is unfair about each comparison

${NOTES.map(([about, notes]) => `**${about}**\n\n${notes.map((note) => `- ${note}`).join('\n')}`).join('\n\n')}
`;
}

export function write(/** @type {Report} */ report) {
  mkdirSync(location('../.cache'), { recursive: true });
  writeFileSync(figuresOf(report.file), JSON.stringify(report));
  writeFileSync(location(report.file), markdown(report));
  mkdirSync(location('charts'), { recursive: true });
  for (const chart of CHARTS) {
    const svg = draw(chart, report.results);
    if (svg !== undefined) writeFileSync(location(`charts/${chart.file}`), svg);
  }
}

if (process.argv[1] === import.meta.filename)
  write(JSON.parse(readFileSync(figuresOf(process.argv[2] ?? 'RESULTS.md'), 'utf8')));
