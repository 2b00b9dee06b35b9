/** docs/handshake.md and its Chinese twin cannot go stale: see checker.ts for what their blocks mean. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findProgram, leftOutWithout } from '../support/tools.ts';
import { checkRuns, checkText, type Problem, programsOf } from './checker.ts';
import { blocksOf, checkedTable, commandsOf } from './page.ts';

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const english = read('handshake.md');
const chinese = read('handshake.zh.md');

const hasCurl = findProgram('sh') && findProgram('curl');
const hasOpenssl = findProgram('sh') && findProgram('openssl') && findProgram('base64');

describe.concurrent.each([
  ['handshake.md', english],
  ['handshake.zh.md', chinese],
])('%s', (_name, page) => {
  test('has the values, the quoted code, the refusals and the links right', ({ expect }) => {
    expect(checkText(page)).toEqual([]);
  });

  test('shows the bytes of a real exchange, and what its programs print', async ({ expect }) => {
    expect(await checkRuns(page, ['node'])).toEqual([]);
  });

  test.skipIf(leftOutWithout(hasOpenssl))('shows what openssl prints', async ({ expect }) => {
    expect(await checkRuns(page, ['printf', 'openssl', 'base64'])).toEqual([]);
  });

  test.skipIf(leftOutWithout(hasCurl))('shows what curl prints', async ({ expect }) => {
    expect(await checkRuns(page, ['curl'])).toEqual([]);
  });
});

test('no command needs a program that no test looks for', () => {
  const programs = consoleBlocks(english).flatMap(commandsOf).flatMap(programsOf);
  expect([...new Set(programs)].sort()).toEqual(['base64', 'curl', 'node', 'npx', 'openssl', 'printf']);
});

test('both pages have the same blocks in the same order', () => {
  const code = (page: string) => blocksOf(page).map(({ info, lines }) => [info, ...lines].join('\n'));
  expect(code(chinese)).toEqual(code(english));
});

describe('a planted wrong byte fails', () => {
  const lines = english.split('\n');
  const inBlocks = (kind: string) =>
    blocksOf(english)
      .filter(({ info }) => info.startsWith(kind))
      .flatMap((block) => block.lines.map((_, index) => ({ block, line: block.line + index })));

  test('in every row of a dump: the offset, a byte, the text', () => {
    for (const { line } of inBlocks('hex')) {
      for (const column of [3, 7, 55]) {
        expect(linesOf(checkText(plant([[line, column]])))).toContain(line);
      }
    }
  });

  test('in every line of quoted code', () => {
    for (const { block, line } of inBlocks('ts')) {
      const column = lines[line - 1]!.search(/\w(?!.*\w)/);
      if (column >= 0) expect(linesOf(checkText(plant([[line, column]])))).toContain(block.line);
    }
  });

  test('in every character of the values', () => {
    for (const { line, values } of checkedTable(english, 'accept')) {
      const start = lines[line - 1]!.indexOf(values[0]!);
      for (let column = start; column < start + values[0]!.length; column++) {
        expect(linesOf(checkText(plant([[line, column]])))).toContain(line);
      }
    }
    for (const { line } of checkedTable(english, 'frame')) {
      expect(checkText(plant([[line, lines[line - 1]!.indexOf('`') + 1]]))).not.toEqual([]);
    }
  });

  test('in what a refusal says', () => {
    const page = english.replace('\nthe request has no Host\n', '\nthe request has no host\n');
    expect(checkText(page)).toContainEqual({ line: 1, what: 'does not show the refusal no-host' });
  });

  test('in bytes that came back', async () => {
    const received = inBlocks('hex received').map(({ line }): Place => [line, 7]);
    expect(linesOf(await checkRuns(plant(received), ['node']))).toEqual(received.map(([line]) => line));
  });

  test.skipIf(leftOutWithout(hasCurl && hasOpenssl))('in every line that a command prints', async () => {
    const printed = consoleBlocks(english)
      .flatMap(commandsOf)
      .flatMap(({ output, outputLine }) => output.map((text, index) => ({ text, line: outputLine + index })))
      .filter(({ text }) => text !== '' && !text.startsWith('Date: '))
      .map(({ text, line }): Place => [line, text.length - 1]);
    const problems = await checkRuns(plant(printed), ['node', 'curl', 'printf', 'openssl', 'base64']);
    expect(linesOf(problems)).toEqual(printed.map(([line]) => line));
  });

  test('in a command', async () => {
    const page = english.replace(
      "'dGhlIHNhbXBsZSBub25jZQ==', 'base64'",
      "'eGhlIHNhbXBsZSBub25jZQ==', 'base64'",
    );
    expect(await checkRuns(page, ['node'])).toHaveLength(1);
  });

  type Place = [line: number, column: number];

  /** The English page with another character at some places. */
  function plant(places: readonly Place[]): string {
    const planted = [...lines];
    for (const [line, column] of places) {
      const text = planted[line - 1]!;
      planted[line - 1] = text.slice(0, column) + (text[column] === '0' ? '1' : '0') + text.slice(column + 1);
    }
    return planted.join('\n');
  }
});

function consoleBlocks(page: string) {
  return blocksOf(page).filter(({ info }) => info.startsWith('console'));
}

function linesOf(problems: readonly Problem[]): number[] {
  return problems.map(({ line }) => line);
}
