// The tables in docs/conformance.md. They do not depend on the day or the machine, so a run with the same
// results as the last one leaves the file unchanged.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compareIds, sectionOf } from './case-ids.js';
import { RunError } from './errors.js';
import { BEHAVIORS, summaryRows } from './report.js';
import { SUITE_VERSION } from './wstest.js';

/** @import { Side } from './context.js' */
/** @import { Results } from './expected.js' */

/** The suite's role on each side. */
const MODES = { server: 'fuzzing client', client: 'fuzzing server' };

/**
 * The results of another server or client for the same cases. Cases that are not listed are OK.
 * @typedef {object} Peer
 * @property {string} name
 * @property {number} cases
 * @property {Record<string, string[]>} notOk cases by behavior
 * @property {string} source how the figures were obtained
 */

/** @param {Side} side */
function markers(side) {
  return { start: `<!-- autobahn:${side} -->`, end: `<!-- /autobahn:${side} -->` };
}

/**
 * @param {Side} side
 * @param {Results} results
 * @param {readonly Peer[]} peers
 */
export function renderConformance(side, results, peers) {
  const comparable = peers.filter((peer) => peer.cases === results.size);
  const sections = summaryRows(results);
  const table = [[side, ...BEHAVIORS], ...[ownRow(results), ...comparable].map(peerCells)];
  const sources = comparable.map((peer) => `- ${peer.name}: ${peer.source}`);
  return [
    `\`autobahntestsuite\` ${SUITE_VERSION}, ${MODES[side]}, ${results.size} cases (${describeSections(results)}), ` +
      `written by \`npm run autobahn -- ${side}\`.`,
    markdownTable(sections),
    `The same cases and other ${side}s:`,
    markdownTable(table),
    ...(sources.length > 0 ? [sources.join('\n')] : []),
  ].join('\n\n');
}

/**
 * @param {Results} results
 * @returns {Peer}
 */
function ownRow(results) {
  /** @type {Record<string, string[]>} */
  const notOk = {};
  for (const [id, [behavior]] of results) {
    if (behavior !== 'OK') notOk[behavior] = [...(notOk[behavior] ?? []), id];
  }
  return { name: 'barewire', cases: results.size, notOk, source: '' };
}

/**
 * "1 to 7, 9, 10".
 * @param {Results} results
 */
function describeSections(results) {
  const sections = [...new Set([...results.keys()].map(sectionOf))];
  return describeCases(sections).replaceAll('–', ' to ');
}

/** @param {Peer} peer */
function peerCells({ name, cases, notOk }) {
  const others = Object.values(notOk).flat().length;
  const [ok = '', ...rest] = BEHAVIORS;
  const cells = rest.map((behavior) => {
    const ids = notOk[behavior] ?? [];
    const list = ids.length > 0 ? ` (${describeCases(ids)})` : '';
    return `${ids.length}${list}`;
  });
  return [name, String(cases - others - (notOk[ok]?.length ?? 0)), ...cells];
}

/**
 * "6.4.1–6.4.4, 9.3.1": three or more neighbours become a range.
 * @param {readonly string[]} ids
 */
export function describeCases(ids) {
  /** @type {string[][]} */
  const runs = [];
  for (const id of [...ids].sort(compareIds)) {
    const last = runs.at(-1);
    if (last && isNext(last.at(-1) ?? '', id)) last.push(id);
    else runs.push([id]);
  }
  return runs.map((run) => (run.length < 3 ? run.join(', ') : `${run[0]}–${run.at(-1)}`)).join(', ');
}

/**
 * @param {string} a
 * @param {string} b
 */
function isNext(a, b) {
  const prefix = a.slice(0, a.lastIndexOf('.') + 1);
  return b === `${prefix}${Number(a.slice(prefix.length)) + 1}`;
}

/** @param {readonly (readonly string[])[]} rows */
function markdownTable([head = [], ...body]) {
  const rule = head.map((_, column) => (body.every((row) => /^\d/.test(row[column] ?? '')) ? '--:' : '---'));
  return [head, rule, ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/**
 * @param {string | undefined} text the document as it is; undefined if there is none
 * @param {Side} side
 * @param {string} body what belongs between the markers
 */
export function replaceSection(text, side, body) {
  const markerPair = markers(side);
  const section = `${markerPair.start}\n\n${body}\n\n${markerPair.end}`;
  if (text === undefined) return `# Conformance\n\n${section}\n`;
  const start = text.indexOf(markerPair.start);
  const end = text.indexOf(markerPair.end);
  if (start === -1 && end === -1)
    return `${text.trimEnd()}\n\n## Autobahn testsuite: ${side}\n\n${section}\n`;
  if (start === -1 || end < start)
    throw new RunError(
      `one of the markers ${markerPair.start} and ${markerPair.end} is missing or misplaced`,
    );
  return text.slice(0, start) + section + text.slice(end + markerPair.end.length);
}

/**
 * @param {string} file
 * @param {Side} side
 * @param {string} body
 * @returns {Promise<boolean>} whether the file changed
 */
export async function writeConformance(file, side, body) {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const next = replaceSection(text, side, body);
  if (next === text) return false;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, next);
  return true;
}
