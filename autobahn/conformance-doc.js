// The table in docs/conformance.md. Nothing in it depends on the day or the machine, so that a run which
// finds what the last one found leaves the file as it is.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compareIds } from './case-ids.js';
import { RunError } from './errors.js';
import { BEHAVIORS, summaryRows } from './report.js';
import { SUITE_VERSION } from './wstest.js';

/** @import { Results } from './expected.js' */

const START = '<!-- autobahn:server -->';
const END = '<!-- /autobahn:server -->';
/** More cases than these are counted, not listed. */
const LISTED_CASES = 12;

/**
 * Another server over the same cases; those that it does not name are OK.
 * @typedef {object} Peer
 * @property {string} name
 * @property {number} cases
 * @property {Record<string, string[]>} notOk cases by behavior
 * @property {string} source how the figures came about
 */

/**
 * @param {Results} results
 * @param {readonly Peer[]} peers
 */
export function renderConformance(results, peers) {
  const comparable = peers.filter((peer) => peer.cases === results.size);
  const sections = summaryRows(results);
  const servers = [['server', ...BEHAVIORS], ...[ownRow(results), ...comparable].map(peerCells)];
  const sources = comparable.map((peer) => `- ${peer.name}: ${peer.source}`);
  return [
    `\`autobahntestsuite\` ${SUITE_VERSION}, fuzzing client, ${results.size} cases (1 to 7, 9, 10), written by ` +
      '`npm run autobahn -- server`.',
    markdownTable(sections),
    'The same cases against other servers:',
    markdownTable(servers),
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

/** @param {Peer} peer */
function peerCells({ name, cases, notOk }) {
  const others = Object.values(notOk).flat().length;
  const [ok = '', ...rest] = BEHAVIORS;
  const cells = rest.map((behavior) => {
    const ids = notOk[behavior] ?? [];
    const list = ids.length > 0 && ids.length <= LISTED_CASES ? ` (${describeCases(ids)})` : '';
    return `${ids.length}${list}`;
  });
  return [name, String(cases - others - (notOk[ok]?.length ?? 0)), ...cells];
}

/**
 * "6.4.1–6.4.4, 9.3.1": neighbours are drawn together from three on.
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
 * @param {string} body what belongs between the markers
 */
export function replaceSection(text, body) {
  const section = `${START}\n\n${body}\n\n${END}`;
  if (text === undefined) return `# Conformance\n\n${section}\n`;
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start === -1 && end === -1) return `${text.trimEnd()}\n\n## Autobahn testsuite: server\n\n${section}\n`;
  if (start === -1 || end < start)
    throw new RunError(`one of the markers ${START} and ${END} is missing or misplaced`);
  return text.slice(0, start) + section + text.slice(end + END.length);
}

/**
 * @param {string} file
 * @param {string} body
 * @returns {Promise<boolean>} whether the file changed
 */
export async function writeConformance(file, body) {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const next = replaceSection(text, body);
  if (next === text) return false;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, next);
  return true;
}
