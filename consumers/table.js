/** The table at the end of a run. */

/** @import { Result } from './program.js' */

/** @param {readonly (Result & { name: string, consumer: string })[]} results */
export function describeResults(results) {
  const rows = [
    ['program', 'consumer', 'checks', 'seconds'],
    ...results.map(({ name, consumer, passed, checks, seconds, failures }) => {
      const mark = failures.length === 0 ? '' : ' FAILED';
      return [name, consumer, `${passed} of ${checks}${mark}`, seconds.toFixed(1)];
    }),
  ];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const checks = results.reduce((sum, { passed }) => sum + passed, 0);
  lines.push('', `${checks} checks`, `${results.length - failed} passed, ${failed} failed`);
  return lines.join('\n');
}
