/** A workload's result as rows of text, for the console and for RESULTS.md. */
import { compare, spread } from './compare.js';

/** @typedef {import('./workloads/workload.js').Name} Name */

/** @type {Record<Name, string>} */
export const LABELS = {
  barewire: 'barewire',
  adapter: 'barewire/ws',
  ws: 'ws',
  floor: 'bare node:net',
  bun: 'Bun',
  bunContext: 'Bun, with contexts',
  uws: 'uWebSockets.js',
  node: 'Node’s WebSocket',
  events: 'barewire, by events',
};

const PLURALS = {
  message: 'messages',
  delivery: 'deliveries',
  handshake: 'handshakes',
  connection: 'connections',
  answer: 'answers',
};
const NEEDS_LINUX = 'needs Linux';

const whole = (/** @type {number} */ value) => Math.round(value).toLocaleString('en');
/** Three significant digits. */
export const precise = (/** @type {number} */ value) =>
  value >= 100 ? whole(value) : Number(value.toPrecision(3)).toString();
const percent = (/** @type {number} */ value) => `${Math.round(100 * value)} %`;
const kibibytes = (/** @type {number} */ value) => precise(value / 1024);

/**
 * The columns of each kind of comparison.
 * @type {Record<import('./compare.js').Description['compares'], [figure: keyof import('./compare.js').Figures, head: string, format: (value: number) => string][]>}
 */
const COLUMNS = {
  speed: [
    ['rate', '{units}/s', whole],
    ['cpu', 'CPU µs/{unit}', precise],
    ['share', 'busy', percent],
  ],
  cpu: [
    ['cpu', 'CPU µs/{unit}', precise],
    ['rate', '{units}/s', whole],
    ['share', 'busy', percent],
  ],
  memory: [['memory', 'KiB/{unit}', kibibytes]],
  p99: [
    ['p50', 'p50 ms', precise],
    ['p99', 'p99 ms', precise],
    ['cpu', 'CPU µs/{unit}', precise],
    ['share', 'busy', percent],
  ],
  worst: [
    ['p50', 'p50 ms', precise],
    ['p99', 'p99 ms', precise],
    ['worst', 'worst ms', precise],
    ['rate', '{units}/s', whole],
  ],
};

/** @returns the median, and in parentheses the minimum and the maximum if there is more than one run */
function words(
  /** @type {import('./compare.js').Figures[]} */ runs,
  /** @type {keyof import('./compare.js').Figures} */ figure,
  /** @type {(value: number) => string} */ format,
) {
  const found = spread(runs, figure);
  if (found === undefined) return NEEDS_LINUX;
  const median = format(found.median);
  return runs.length === 1 ? median : `${median} (${format(found.min)}–${format(found.max)})`;
}

export function ratioWords(/** @type {number} */ value) {
  if (value < 0.1) return value.toPrecision(2);
  return value.toFixed(value < 10 ? 2 : 1);
}

/** @returns {string} such as `≥ 1.2` */
export function targetWords(
  /** @type {import('./compare.js').Description['compares']} */ compares,
  /** @type {number} */ target,
) {
  return `${compares === 'speed' ? '≥' : '≤'} ${target}`;
}

/** @returns {Record<string, string>[]} */
export function rowsOf(/** @type {import('./compare.js').Result} */ result) {
  const { compares, unit, runs } = result;
  return /** @type {Name[]} */ (Object.keys(runs)).map((name) => {
    /** @type {Record<string, string>} */
    const row = { '': LABELS[name] };
    for (const [figure, head, format] of COLUMNS[compares]) {
      const title = head.replace('{unit}', unit).replace('{units}', PLURALS[unit]);
      row[title] = words(runs[name] ?? [], figure, format);
    }
    const ratio = compare(result, name);
    row['barewire is'] = ratio === undefined ? '' : `${ratioWords(ratio.value)} × by ${ratio.by}`;
    row['target'] =
      ratio?.target === undefined
        ? ''
        : `${targetWords(compares, ratio.target)}, ${ratio.isMet ? 'met' : 'missed'}`;
    return row;
  });
}
