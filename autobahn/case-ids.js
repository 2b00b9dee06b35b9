// Case identifiers ("7.13.1"): their order, their section, and the patterns that select them.
import { EXIT, RunError } from './errors.js';

/** The sections of the suite; it has no cases in 8 and 11. 12 and 13 are permessage-deflate (RFC 7692). */
export const SECTIONS = /** @type {const} */ ({
  1: 'Framing',
  2: 'Pings and pongs',
  3: 'Reserved bits',
  4: 'Opcodes',
  5: 'Fragmentation',
  6: 'UTF-8',
  7: 'Closing',
  9: 'Limits and performance',
  10: 'Autofragmentation',
  12: 'Compression: payloads',
  13: 'Compression: parameters',
});

/** The sections as patterns for the suite, in the suite's order. */
export const SECTION_PATTERNS = Object.keys(SECTIONS).map((section) => `${section}.*`);

/** @param {string} id */
export function sectionOf(id) {
  return id.slice(0, id.indexOf('.'));
}

/**
 * Numeric order: 2.9 before 2.10.
 * @param {string} a
 * @param {string} b
 */
export function compareIds(a, b) {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The known cases that one of the patterns selects. They are resolved here and handed to the suite one by
 * one, because the suite crashes on a case that it does not know and treats `5.1*` as a prefix.
 * @param {readonly string[]} patterns
 * @param {readonly string[]} known
 * @returns {string[]}
 */
export function selectCases(patterns, known) {
  /** @type {Set<string>} */
  const selected = new Set();
  for (const pattern of patterns) {
    const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
    const matches = known.filter((id) => expression.test(id));
    if (matches.length === 0)
      throw new RunError(
        `--cases: no case of sections ${Object.keys(SECTIONS)} matches '${pattern}'`,
        EXIT.usage,
      );
    for (const id of matches) selected.add(id);
  }
  return [...selected].sort(compareIds);
}
