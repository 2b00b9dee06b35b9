/** A Markdown page, as far as its parts can be checked. Lines are counted from 1. */

/** A fenced block. */
export interface Block {
  /** Everything behind the three backticks: `console`, `hex sent`, `ts src/server.ts`. */
  readonly info: string;
  readonly lines: readonly string[];
  /** Where its first line stands in the page. */
  readonly line: number;
}

/** A row of a table, without the head: the `code spans` in it. */
export interface Row {
  readonly values: readonly string[];
  readonly line: number;
}

/** A command in a console block and the lines that it prints. */
export interface Command {
  readonly text: string;
  readonly line: number;
  readonly output: readonly string[];
  /** Where its output begins. */
  readonly outputLine: number;
  /** It starts a server, and goes on until the next one. */
  readonly isServer: boolean;
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { info: string; lines: string[]; line: number } | undefined;
  for (const [index, line] of page.split('\n').entries()) {
    if (!line.startsWith('```')) {
      open?.lines.push(line);
    } else if (open === undefined) {
      open = { info: line.slice(3), lines: [], line: index + 2 };
    } else {
      blocks.push(open);
      open = undefined;
    }
  }
  return blocks;
}

/** The rows of the table below the comment `<!-- checked: name -->`. */
export function checkedTable(page: string, name: string): Row[] {
  const lines = page.split('\n');
  const marker = lines.indexOf(`<!-- checked: ${name} -->`);
  const rows: Row[] = [];
  if (marker < 0) return rows;
  for (let index = marker + 3; lines[index]?.startsWith('|'); index++) {
    rows.push({ values: codeSpans(lines[index]!), line: index + 1 });
  }
  return rows;
}

export function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
}

/** A line that begins with `$ ` is a command; it goes on in the next line after a `\`. The rest is output. */
export function commandsOf(block: Block): Command[] {
  const commands: (Command & { output: string[] })[] = [];
  const isServer = block.info.endsWith(' server');
  for (let index = 0; index < block.lines.length; index++) {
    const first = block.lines[index]!;
    if (!first.startsWith('$ ')) {
      commands.at(-1)?.output.push(first);
      continue;
    }
    const line = block.line + index;
    let text = first.slice(2);
    while (text.endsWith('\\')) text += `\n${block.lines[++index]}`;
    commands.push({ text, line, output: [], outputLine: block.line + index + 1, isServer });
  }
  return commands;
}
