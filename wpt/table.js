// What a run has shown, as text and as the table in docs/conformance.md.
import { readFile, writeFile } from 'node:fs/promises';
import { CLIENTS } from './clients.js';

/** @import { Result } from './page-process.js' */

const DOC = new URL('../docs/conformance.md', import.meta.url);
const [START, END] = ['<!-- wpt -->', '<!-- /wpt -->'];

/** @param {readonly Result[]} results */
function passesOf(results) {
  return new Set(results.filter(({ status }) => status === 'PASS').map(({ name }) => name));
}

/** All tests that any client has, by their names. An ERROR is one of a page. @param {ReadonlyMap<string, readonly Result[]>} all */
function namesOf(all) {
  const tests = [...all.values()].flat().filter(({ status }) => status !== 'ERROR');
  return new Set(tests.map(({ name }) => name));
}

/** @param {ReadonlyMap<string, readonly Result[]>} all */
export function describeResults(all) {
  const total = namesOf(all).size;
  const lines = [...all].map(([client, results]) => `${client}: ${passesOf(results).size} of ${total}`);
  const own = all.get('barewire');
  for (const [client, results] of all) {
    if (own === undefined || client === 'barewire') continue;
    const missing = [...passesOf(results)].filter((name) => !passesOf(own).has(name));
    lines.push(...missing.map((name) => `passes with ${client} only: ${name}`));
  }
  return lines.join('\n');
}

/** The folder under websockets/ that a test is in; streams and the rest each by itself. @param {string} name */
export function groupOf(name) {
  const [, group = ''] = /^\/websockets\/(stream|interfaces\/\w+|[\w-]+(?=\/))?/.exec(name) ?? [];
  return group === '' ? '(the files of the folder itself)' : group;
}

/** @param {ReadonlyMap<string, readonly Result[]>} all */
export function renderTable(all) {
  const groups = grouped(namesOf(all));
  const clients = [...all].map(([name, results]) => ({
    title: CLIENTS[name]?.title ?? name,
    passes: passesOf(results),
  }));
  /** @param {string} group @param {readonly string[]} names */
  const row = (group, names) => {
    const counts = clients.map(({ passes }) => names.filter((name) => passes.has(name)).length);
    return `| ${[group, names.length, ...counts].join(' | ')} |`;
  };
  return [
    `| tests in websockets/ | all | ${clients.map(({ title }) => title).join(' | ')} |`,
    `| --- | --: |${clients.map(() => ' --: |').join('')}`,
    ...[...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([group, names]) => row(group, names)),
    row('all', [...namesOf(all)]),
  ].join('\n');
}

/** @param {Set<string>} names @returns {Map<string, string[]>} */
function grouped(names) {
  const groups = new Map();
  for (const name of names) groups.set(groupOf(name), [...(groups.get(groupOf(name)) ?? []), name]);
  return groups;
}

/** @param {ReadonlyMap<string, readonly Result[]>} all */
export async function writeTable(all) {
  const page = await readFile(DOC, 'utf8');
  const [before, rest] = page.split(START);
  const [, after] = rest?.split(END) ?? [];
  if (after === undefined) throw new Error(`docs/conformance.md has no ${START}`);
  await writeFile(DOC, `${before}${START}\n\n${renderTable(all)}\n\n${END}${after}`);
}
