/** A workload's result as rows of words, for the console and for RESULTS.md alike. */
import { compare, spread } from './compare.js';

/** @type {Record<import('./workloads/workload.js').Name, string>} */
export const LABELS = {
  barewire: 'barewire',
  ws: 'ws',
  floor: 'bare node:net',
  bun: 'Bun',
  uws: 'uWebSockets.js',
  node: 'Node’s own',
};

const NEEDS_LINUX = 'needs Linux';

const whole = (/** @type {number} */ value) => Math.round(value).toLocaleString('en');
const precise = (/** @type {number} */ value) =>
  value >= 100 ? whole(value) : Number(value.toPrecision(3)).toString();
const percent = (/** @type {number} */ value) => `${Math.round(100 * value)} %`;
const kibibytes = (/** @type {number} */ value) => precise(value / 1024);

/**
 * The columns of each figure.
 * @type {Record<import('./compare.js').Description['compares'], [figure: keyof import('./compare.js').Figures, head: string, format: (value: number) => string][]>}
 */
const COLUMNS = {
  speed: [
    ['rate', '{unit} a second', whole],
    ['cpu', 'CPU, µs a {unit}', precise],
    ['share', 'busy', percent],
  ],
  cpu: [
    ['cpu', 'CPU, µs a {unit}', precise],
    ['rate', '{unit} a second', whole],
    ['share', 'busy', percent],
  ],
  memory: [['memory', 'KiB a {unit}', kibibytes]],
  p99: [
    ['p50', 'p50, ms', precise],
    ['p99', 'p99, ms', precise],
    ['cpu', 'CPU, µs a {unit}', precise],
    ['share', 'busy', percent],
  ],
};

/** @returns {Record<string, string>[]} */
export function rowsOf(/** @type {import('./compare.js').Result} */ result) {
  const { compares, unit, runs } = result;
  const sign = compares === 'speed' ? '≥' : '≤';
  return /** @type {import('./workloads/workload.js').Name[]} */ (Object.keys(runs)).map((name) => {
    /** @type {Record<string, string>} */
    const row = { who: LABELS[name] };
    for (const [figure, head, format] of COLUMNS[compares]) {
      const found = spread(runs[name] ?? [], figure);
      const words = found && `${format(found.median)} (${format(found.min)}–${format(found.max)})`;
      row[head.replace('{unit}', unit)] = words ?? NEEDS_LINUX;
    }
    const ratio = compare(result, name);
    row['barewire is'] = ratio === undefined ? '' : `${ratio.value.toFixed(2)} × by ${ratio.by}`;
    row['target'] =
      ratio?.target === undefined ? '' : `${sign} ${ratio.target}, ${ratio.isMet ? 'met' : 'missed'}`;
    return row;
  });
}
