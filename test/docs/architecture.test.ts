/** docs/architecture.md against the code: the listing, and every link to a name in a file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/architecture.md`, 'utf8');

interface Link {
  readonly text: string;
  readonly path: string;
}

/** Links to source files, such as [`WriteQueue`](../src/transport/write-queue.ts). */
function linksOf(markdown: string): Link[] {
  return [...markdown.matchAll(/\[`([^`]+)`\]\(\.\.\/(src\/[^)#]+)\)/g)].map(([, text = '', path = '']) => ({
    text,
    path,
  }));
}

/** What is wrong with a link: the file is missing, or it does not declare the name. */
function problemOf({ text, path }: Link): string | undefined {
  if (!existsSync(root + path)) return `${path} does not exist`;
  if (text.endsWith('/')) return undefined; // a folder
  const declaration = new RegExp(
    `(class|interface|function|const|let) ${text}\\b|^ {2}(readonly |async |get )*#?${text}\\b *[(:=<]`,
    'm',
  );
  return declaration.test(readFileSync(root + path, 'utf8')) ? undefined : `${path} does not declare ${text}`;
}

describe('docs/architecture.md', () => {
  test('links to files that declare the names', () => {
    const links = linksOf(page);
    expect(links.length).toBeGreaterThan(40);
    expect(links.map(problemOf).filter((problem) => problem !== undefined)).toEqual([]);
  });

  test.each([
    [{ text: 'WriteQueue', path: 'src/transport/no-such-file.ts' }, /does not exist/],
    [{ text: 'noSuchName', path: 'src/transport/write-queue.ts' }, /does not declare/],
    [{ text: 'maxQueuedBytes', path: 'src/protocol/connection.ts' }, /does not declare/],
  ])('a wrong link is found: %o', (link, problem) => {
    expect(problemOf(link)).toMatch(problem);
  });

  test('has an answer for each "where is …"', () => {
    const table = page.slice(page.indexOf('## Where is'), page.indexOf('## The way of a received'));
    const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| …'));
    expect(rows.filter((row) => !row.startsWith('| ---')).length).toBe(11);
    for (const row of rows.slice(1)) expect(linksOf(row).length).toBeGreaterThan(0);
  });

  test.each(['server', 'socket', 'client', 'transport', 'publish', 'protocol'])(
    'the listing has every file of src/%s',
    (room) => {
      const listing = page.slice(page.indexOf('```\nsrc/'), page.indexOf('docs/\n```'));
      const start = listing.indexOf(`\n  ${room}/`) + 1;
      const next = listing.slice(start).search(/\n(?: {2})?[a-z]/);
      const section = listing.slice(start, next < 0 ? undefined : start + next);
      const files = readdirSync(`${root}src/${room}`).filter(
        (name) => name.endsWith('.ts') && name !== 'index.ts',
      );
      expect(files.filter((name) => !section.includes(` ${name}`))).toEqual([]);
      const named = [...section.matchAll(/ ([a-z0-9-]+\.ts)/g)].map(([, name = '']) => name);
      const all = readdirSync(`${root}src/${room}`, { recursive: true, encoding: 'utf8' });
      expect(named.filter((name) => !all.some((file) => file.endsWith(name)))).toEqual([]);
    },
  );
});
