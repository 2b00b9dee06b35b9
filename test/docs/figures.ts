/**
 * Measured figures that a page quotes. Behind each stands, in a comment that readers do not see, what it is:
 *
 *     2.4<!-- memory-idle barewire --> KiB            the figure of a server (or client) in bench/RESULTS.md, first column
 *     0.035<!-- everyone-500 barewire CPU --> µs      the same, of the column whose head begins with CPU
 *     41<!-- everyone-100 vs ws --> times             barewire's ratio to another one, there
 *     15<!-- workloads -->                            how many workloads there are
 *     514<!-- autobahn OK --> of 517<!-- autobahn cases -->    cases in autobahn/expected, the same on both sides
 *
 * A figure is quoted with two significant digits, or with more.
 */

export interface Quote {
  readonly page: string;
  readonly line: number;
  readonly figure: string;
  readonly source: string;
}

export interface Sources {
  /** bench/RESULTS.md and bench/ADAPTER.md. */
  readonly results: string;
  /** What is expected of each case, of the server and of the client. */
  readonly autobahn: readonly Readonly<Record<string, unknown>>[];
}

/** A figure, and right behind it the comment that names its source. Other comments are none of ours. */
const QUOTE = /(\d[\d,.]*)<!-- (.+?) -->/g;

export function quotesOf(page: string, text: string): Quote[] {
  return text.split('\n').flatMap((content, i) =>
    [...content.matchAll(QUOTE)].map(([, figure = '', source = '']) => ({
      page,
      line: i + 1,
      figure,
      source,
    })),
  );
}

/** What is wrong with a quote, or nothing. */
export function problemOf({ page, line, figure, source }: Quote, sources: Sources): string | undefined {
  const where = `${page}:${line}: ${figure} is quoted as “${source}”`;
  const measured = measuredFigure(source, sources);
  if (measured === undefined) return `${where}, but there is no such figure`;
  const counted = /^(autobahn|workloads)\b/.test(source);
  const right = counted ? [measured] : [2, 3, 4].map((digits) => Number(measured.toPrecision(digits)));
  return right.includes(Number(figure.replaceAll(',', '')))
    ? undefined
    : `${where}, but it is ${measured}: write ${right[0]}`;
}

/** The figure that a source names. */
export function measuredFigure(source: string, { results, autobahn }: Sources): number | undefined {
  const workloads = readWorkloads(results);
  if (source === 'workloads') return workloads.size;
  const [first = '', ...others] = source.split(' ');
  if (first === 'autobahn') return casesThatAre(others.join(' '), autobahn);
  const rows = workloads.get(first);
  if (rows === undefined) return undefined;
  const column = others.at(-1) === 'CPU' ? 'CPU' : others[0] === 'vs' ? 'barewire is' : '';
  const name = others.slice(column === 'barewire is' ? 1 : 0, column === 'CPU' ? -1 : undefined).join(' ');
  const cell = rows.find((row) => row[0] === name)?.[columnOf(rows[0] ?? [], column)];
  return cell === undefined || cell === '' ? undefined : Number.parseFloat(cell.replaceAll(',', ''));
}

/** The number of the column whose head begins so; of the first with figures, where nothing is named. */
function columnOf(heads: readonly string[], beginning: string): number {
  return beginning === '' ? 1 : heads.findIndex((head) => head.startsWith(beginning));
}

/** Each workload's table, by the name under its heading: its heads, then its rows, as cells. */
function readWorkloads(results: string): Map<string, string[][]> {
  const tables = results.matchAll(/^`([\w-]+)`\n\n((?:\|.*\n)+)/gm);
  return new Map(
    [...tables].map(([, name = '', table = '']) => [name, table.trim().split('\n').map(cellsOf)] as const),
  );
}

function cellsOf(row: string): string[] {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** How many cases there are in all, or with this behaviour; nothing where the sides differ. */
function casesThatAre(what: string, sides: Sources['autobahn']): number | undefined {
  const counts = sides.map((cases) => {
    const behaviours = Object.values(cases).map((expected) => [expected].flat()[0]);
    return what === 'cases' ? behaviours.length : behaviours.filter((one) => one === what).length;
  });
  return new Set(counts).size === 1 ? counts[0] : undefined;
}
