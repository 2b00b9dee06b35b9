/**
 * What is wrong with a page of docs/, as a function from its text to a list. A block says by its info string what it
 * is; one that says something else is a problem, so that nothing on a page goes unchecked by accident.
 *
 *     console         lines beginning with `$ ` are commands, the rest is what they print
 *     console server  a command that starts a server, which all that follows talks to, until the next one
 *     js NAME.mjs     a program that some command of the page runs: `$ node NAME.mjs`
 *     hex sent        rows of offset, at most 16 bytes, text; sent to the server on a connection of its own
 *     hex received    all that comes back
 *     ts PATH         lines that stand in that file, one below the other; indentation may differ
 *     nginx           not checked
 *
 * Port 8080 stands for a free one, and a Date header for any date. Below `<!-- checked: accept -->` and
 * `<!-- checked: frame -->` stand tables whose `code spans` are computed again.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { REFUSALS } from '../../src/protocol/handshake/refusal.ts';
import { type Block, blocksOf, type Command, checkedTable, codeSpans, commandsOf } from './page.ts';
import { Terminal } from './terminal.ts';

export interface Problem {
  readonly line: number;
  readonly what: string;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const INFO = /^(console( server)?|hex (sent|received)|js \S+\.mjs|ts \S+|nginx)$/;

/** What can be seen without running anything. */
export function checkText(page: string): Problem[] {
  const blocks = blocksOf(page);
  const ofKind = (kind: string) => blocks.filter(({ info }) => info.split(' ')[0] === kind);
  return [
    ...blocks
      .filter(({ info }) => !INFO.test(info))
      .map(({ info, line }) => ({ line, what: `kind "${info}"` })),
    ...ofKind('ts').flatMap(checkQuote),
    ...ofKind('hex').flatMap(checkDump),
    ...ofKind('js').flatMap((block) => checkIsRun(block, page)),
    ...checkAcceptTable(page),
    ...checkFrameTable(page),
    ...checkRefusals(page, ofKind('console').flatMap(commandsOf)),
    ...checkLinks(page),
  ];
}

/**
 * Runs the commands that need no other programs than `programs`, in the order of the page, with the servers if one of
 * these talks to them; with node among them, the exchanges of bytes too.
 */
export async function checkRuns(page: string, programs: readonly string[]): Promise<Problem[]> {
  const blocks = blocksOf(page);
  const files = blocks.filter(({ info }) => info.startsWith('js '));
  const terminal = new Terminal(new Map(files.map(({ info, lines }) => [info.slice(3), lines.join('\n')])));
  const hasServers = programs.includes('node') || programs.includes('curl');
  const isToRun = (command: Command) =>
    command.isServer ? hasServers : programsOf(command).every((program) => programs.includes(program));
  const problems: Problem[] = [];
  let sent: Uint8Array = new Uint8Array();
  try {
    for (const block of blocks) {
      if (block.info === 'hex sent') sent = bytesOf(block);
      if (block.info === 'hex received' && programs.includes('node')) {
        problems.push(...(await checkExchange(terminal, sent, block)));
      }
      if (!block.info.startsWith('console')) continue;
      for (const command of commandsOf(block).filter(isToRun)) {
        problems.push(...(await checkOutput(terminal, command)));
      }
    }
  } finally {
    await terminal.close();
  }
  return problems;
}

/** The programs of a pipe: no command on a page has a `|` for anything else. */
export function programsOf({ text }: Command): string[] {
  return text.split('|').map((part) => part.trim().split(' ')[0]!);
}

async function checkOutput(
  terminal: Terminal,
  { text, output, outputLine, isServer }: Command,
): Promise<Problem[]> {
  const printed = await (isServer ? terminal.serve(text) : terminal.run(text));
  const expected = output.join('\n').trimEnd().split('\n').map(anyDate);
  const actual = printed.trimEnd().split('\n').map(anyDate);
  const rows = Array.from({ length: Math.max(expected.length, actual.length) }, (_, index) => index);
  return rows
    .filter((index) => expected[index] !== actual[index])
    .map((index) => ({
      line: outputLine + index,
      what: `${text}\n  prints ${JSON.stringify(actual[index])}\n  and not ${JSON.stringify(expected[index])}`,
    }));
}

function anyDate(line: string): string {
  return /^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(line) ? 'Date: …' : line;
}

async function checkExchange(terminal: Terminal, sent: Uint8Array, block: Block): Promise<Problem[]> {
  const expected = bytesOf(block);
  const received = await terminal.exchange(sent, expected.length);
  const problems: Problem[] = [];
  let at = 0;
  for (const [index, row] of block.lines.entries()) {
    const { length } = bytesOfRow(row);
    const isLast = index === block.lines.length - 1;
    const actual = received.subarray(at, isLast ? undefined : at + length);
    if (!actual.equals(expected.subarray(at, at + length))) {
      problems.push({ line: block.line + index, what: `what came back is ${actual.toString('hex')}` });
    }
    at += length;
  }
  return problems;
}

function bytesOf(block: Block): Buffer {
  return Buffer.concat(block.lines.map(bytesOfRow));
}

function bytesOfRow(row: string): Buffer {
  return Buffer.from(row.slice(6, 53).replaceAll(' ', ''), 'hex');
}

function checkDump(block: Block): Problem[] {
  let at = 0;
  return block.lines.flatMap((row, index) => {
    const bytes = bytesOfRow(row);
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const expected = `${at.toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${[...bytes].map(asText).join('')}`;
    at += bytes.length;
    return row.trimEnd() === expected.trimEnd() ? [] : [{ line: block.line + index, what: `is ${expected}` }];
  });
}

function asText(byte: number): string {
  if (byte === 0x0d) return '␍';
  if (byte === 0x0a) return '␊';
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
}

function checkQuote({ info, lines, line }: Block): Problem[] {
  const file = fromRoot(info.slice(3));
  if (!existsSync(file)) return [{ line, what: `${info}: there is no such file` }];
  const source = readFileSync(file, 'utf8').split('\n');
  const quote = withoutIndentation(lines);
  const starts = source.keys();
  const isThere = [...starts].some(
    (start) => withoutIndentation(source.slice(start, start + lines.length)) === quote,
  );
  return isThere ? [] : [{ line, what: `${info} does not contain\n${quote}` }];
}

function withoutIndentation(lines: readonly string[]): string {
  const indentations = lines
    .filter((line) => line !== '')
    .map((line) => line.length - line.trimStart().length);
  const common = Math.min(...indentations);
  return lines.map((line) => line.slice(common)).join('\n');
}

function checkIsRun({ info, line }: Block, page: string): Problem[] {
  return page.includes(`\n$ node ${info.slice(3)}\n`)
    ? []
    : [{ line, what: `nothing runs ${info.slice(3)}` }];
}

/** The key, and what is computed of it. */
function checkAcceptTable(page: string): Problem[] {
  const rows = checkedTable(page, 'accept');
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  const hash = createHash('sha1').update(`${key}${GUID}`).digest();
  const expected = [
    key,
    spaced(Buffer.from(key, 'base64')),
    `${key}${GUID}`,
    spaced(hash),
    hash.toString('base64'),
  ];
  if (rows.length !== expected.length)
    return [{ line: 1, what: `the table "accept" has ${rows.length} rows` }];
  return rows.flatMap(({ values, line }, index) =>
    values.join() === expected[index] ? [] : [{ line, what: `is ${expected[index]}` }],
  );
}

/** The first bytes in hexadecimal and, where they are given, in bits; with the last row, the payload in the clear. */
function checkFrameTable(page: string): Problem[] {
  const rows = checkedTable(page, 'frame');
  const problems: Problem[] = [];
  for (const { values, line } of rows) {
    const [hex = '', bits] = values;
    const isBits = bits !== undefined && /^[01 ]+$/.test(bits);
    if (isBits && Number.parseInt(hex, 16) !== Number.parseInt(bits.replaceAll(' ', ''), 2)) {
      problems.push({ line, what: `${hex} is not ${bits}` });
    }
  }
  const frame = Buffer.from(rows.map(({ values }) => values[0]!.replaceAll(' ', '')).join(''), 'hex');
  const payload = frame.subarray(6).map((byte, index) => byte ^ frame[2 + (index % 4)]!);
  const last = rows.at(-1);
  const isWhole = frame[0] === 0x81 && frame[1] === 0x80 + payload.length;
  if (!isWhole || last?.values[1] !== payload.toString() || !page.includes(`'${frame.toString('hex')}'`)) {
    problems.push({
      line: last?.line ?? 1,
      what: `the frame ${frame.toString('hex')} is not that of the programs`,
    });
  }
  return problems;
}

function spaced(bytes: Buffer): string {
  return bytes.toString('hex').replace(/..(?=.)/g, '$& ');
}

/** Each refusal is named, and shown as it is on the wire. */
function checkRefusals(page: string, commands: readonly Command[]): Problem[] {
  const named = new Set(page.split('\n').flatMap(codeSpans));
  return Object.entries(REFUSALS).flatMap(([id, row]) => {
    const isShown = commands.some(
      ({ output }) =>
        output[0]?.startsWith(`HTTP/1.1 ${row.status} `) &&
        output.includes(row.message) &&
        (!('header' in row) || output.includes(row.header.join(': '))),
    );
    return isShown && named.has(id) ? [] : [{ line: 1, what: `does not show the refusal ${id}` }];
  });
}

/** Links to files of the repository, and to headings of the page. */
function checkLinks(page: string): Problem[] {
  const headings = page.split('\n').filter((line) => line.startsWith('#'));
  const anchors = new Set(headings.map((heading) => `#${slug(heading.replace(/^#+ /, ''))}`));
  return page.split('\n').flatMap((text, index) =>
    [...text.matchAll(/\]\(([^)]+)\)/g)]
      .map((match) => match[1]!)
      .filter((to) => !to.startsWith('https://'))
      .filter((to) => !(to.startsWith('#') ? anchors.has(to) : existsSync(fromRoot(`docs/${to}`))))
      .map((to) => ({ line: index + 1, what: `links to ${to}, which is not there` })),
  );
}

/** The anchor of a heading, as GitHub makes it. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function fromRoot(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
