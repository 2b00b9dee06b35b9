/** Draws bars as a self-contained SVG, for light and dark pages. */
import { spread } from './compare.js';
import { LABELS, precise, ratioWords } from './table.js';

/** @typedef {import('./compare.js').Result} Result */
/** @typedef {import('./charts.js').Chart} Chart */
/** @typedef {import('./workloads/workload.js').Name} Name */

const WIDTH = 760;
const MARGIN = 24;
const BARS = { left: 152, width: 420, height: 14, distance: 22 };
const FIGURES = { value: 662, ratio: WIDTH - MARGIN };
const HEAD = 62;
const GROUP = { head: 30, gap: 14 };

/** The card is as light or dark as the reader's system, so its text is readable on any page. */
const STYLE = `
  .card { fill: #ffffff; stroke: #d1d9e0; }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; fill: #1f2328; }
  .group { font-weight: 600; fill: #1f2328; }
  .ours { font-weight: 600; fill: #1f2328; }
  .figure { font-variant-numeric: tabular-nums; }
  .bar { fill: #c8d1da; }
  .bar.ours { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d; }
    text { fill: #9198a1; }
    .title, .group, .ours { fill: #f0f6fc; }
    .bar { fill: #3d444d; }
    .bar.ours { fill: #4493f8; }
  }
`;

const escaped = (/** @type {string} */ text) =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** @returns {string} such as 1.23 M */
function short(/** @type {number} */ value) {
  if (value >= 1e6) return `${precise(value / 1e6)} M`;
  return value >= 1e4 ? `${precise(value / 1e3)} k` : precise(value);
}

/** @returns {{ name: Name, value: number }[]} */
function barsOf(/** @type {Chart['shows']} */ shows, /** @type {Result} */ { runs }) {
  return /** @type {Name[]} */ (Object.keys(runs)).flatMap((name) => {
    const median = spread(runs[name] ?? [], shows === 'speed' ? 'cpu' : 'memory')?.median;
    if (median === undefined) return [];
    return [{ name, value: shows === 'speed' ? 1e6 / median : median / 1024 }];
  });
}

/** @returns {string[]} */
function group(/** @type {Chart['shows']} */ shows, /** @type {Result} */ result, /** @type {number} */ top) {
  const bars = barsOf(shows, result);
  const most = Math.max(...bars.map(({ value }) => value));
  const ofWs = bars.find(({ name }) => name === 'ws')?.value ?? Number.NaN;
  return [
    `<text class="group" x="${MARGIN}" y="${top + 16}">${escaped(result.title)}</text>`,
    ...bars.flatMap(({ name, value }, i) => {
      const y = top + GROUP.head + i * BARS.distance;
      const ours = name === 'barewire' ? ' ours' : '';
      const width = Math.max(2, (BARS.width * value) / most).toFixed(1);
      const label = (/** @type {number} */ x, /** @type {string} */ kind, /** @type {string} */ text) =>
        `<text class="${kind}${ours}" x="${x}" y="${y + 11.5}" text-anchor="end">${escaped(text)}</text>`;
      return [
        label(BARS.left - 10, 'name', LABELS[name]),
        `<rect class="bar${ours}" x="${BARS.left}" y="${y}" width="${width}" height="${BARS.height}" rx="3"/>`,
        label(FIGURES.value, 'figure', short(value)),
        label(FIGURES.ratio, 'figure', `${ratioWords(value / ofWs)} ×`),
      ];
    }),
  ];
}

/** @returns {string | undefined} undefined if a workload of it was not measured */
export function draw(/** @type {Chart} */ chart, /** @type {Result[]} */ results) {
  const shown = chart.workloads.flatMap((name) => results.find((result) => result.name === name) ?? []);
  if (shown.length < chart.workloads.length) return undefined;
  let top = HEAD;
  const groups = shown.flatMap((result) => {
    const bars = barsOf(chart.shows, result).length;
    const lines = group(chart.shows, result, top);
    top += GROUP.head + bars * BARS.distance + GROUP.gap;
    return lines;
  });
  const spoken = escaped(`${chart.title}: ${chart.subtitle}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="${spoken}">`,
    `<style>${STYLE}</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${top - 1}" rx="8"/>`,
    `<text class="title" x="${MARGIN}" y="32">${escaped(chart.title)}</text>`,
    `<text x="${MARGIN}" y="52">${escaped(chart.subtitle)}</text>`,
    ...groups,
    '</svg>\n',
  ].join('\n');
}
