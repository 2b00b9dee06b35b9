/** Turns the figures of single runs into medians and ratios. */
import { TARGETS } from './targets.js';

/** Below that the server sometimes waited for the load, so the rate is that of the load. */
const BUSY_SHARE = 0.9;

/**
 * @typedef {import('./workloads/workload.js').Figures} Figures
 * @typedef {import('./workloads/workload.js').Name} Name
 * @typedef {Pick<import('./workloads/workload.js').Workload, 'name' | 'title' | 'unit' | 'compares'>} Description
 *
 * @typedef {Description & { runs: Partial<Record<Name, Figures[]>> }} Result everything that was measured of a workload
 *
 * @typedef {object} Spread
 * @property {number} median
 * @property {number} min
 * @property {number} max
 *
 * @typedef {object} Ratio of barewire's figure to another's
 * @property {number} value
 * @property {'rate' | 'CPU' | 'memory' | 'p99' | 'worst'} by which figure
 * @property {number | undefined} target
 * @property {boolean | undefined} isMet
 */

/** @returns {Spread | undefined} undefined if the system does not report it */
export function spread(/** @type {Figures[]} */ runs, /** @type {keyof Figures} */ figure) {
  const values = runs.map((run) => run[figure]).filter((value) => value !== undefined);
  if (values.length === 0) return undefined;
  values.sort((a, b) => a - b);
  const at = (/** @type {number} */ index) => /** @type {number} */ (values[index]);
  const last = values.length - 1;
  const median = (at(Math.floor(last / 2)) + at(Math.ceil(last / 2))) / 2;
  return { median, min: at(0), max: at(last) };
}

/** @returns {{ value: number, by: Ratio['by'] } | undefined} */
function ratioOf(
  /** @type {Description['compares']} */ compares,
  /** @type {Figures[]} */ mine,
  /** @type {Figures[]} */ theirs,
) {
  const quotient = (
    /** @type {Figures[]} */ a,
    /** @type {Figures[]} */ b,
    /** @type {keyof Figures} */ figure,
  ) => {
    const [over, under] = [spread(a, figure), spread(b, figure)];
    return over && under && over.median / under.median;
  };
  if (compares !== 'speed') {
    const value = quotient(mine, theirs, compares);
    return value === undefined ? undefined : { value, by: compares === 'cpu' ? 'CPU' : compares };
  }
  const leastBusy = Math.min(...[mine, theirs].map((runs) => spread(runs, 'share')?.median ?? 1));
  const byCpu = leastBusy < BUSY_SHARE ? quotient(theirs, mine, 'cpu') : undefined;
  if (byCpu !== undefined) return { value: byCpu, by: 'CPU' };
  const value = quotient(mine, theirs, 'rate');
  return value === undefined ? undefined : { value, by: 'rate' };
}

/** @returns {Ratio | undefined} undefined if there is nothing to compare */
export function compare(/** @type {Result} */ { name, compares, runs }, /** @type {Name} */ other) {
  const [ours] = /** @type {Name[]} */ (Object.keys(runs));
  if (ours === undefined || other === ours) return undefined;
  const ratio = ratioOf(compares, runs[ours] ?? [], runs[other] ?? []);
  if (ratio === undefined) return undefined;
  const target = TARGETS[name]?.[other];
  const rounded = Number(ratio.value.toFixed(2));
  const isMet = target && (compares === 'speed' ? rounded >= target : rounded <= target);
  return { ...ratio, target, isMet: isMet === undefined ? undefined : Boolean(isMet) };
}
