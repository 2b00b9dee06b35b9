/** The names of options and handlers: one that does not exist is an error, which says what was meant. */
import { kindOf, UsageError } from '../protocol/errors.ts';

/** A row for each name: a name without its row is a type error. */
export type NamesOf<Options> = Readonly<Record<keyof Options, true>>;

/** What a name means that is known from elsewhere: the rest of a sentence. */
export type Hints = Readonly<Record<string, string>>;

/**
 * Names whose value is undefined are not looked at.
 * @param what `option` or `handler`
 * @throws {UsageError} for a name that is not among the known ones, or if an array, a function or null was given
 */
export function verifyNames(what: string, given: object, known: NamesOf<object>, hints: Hints = {}): void {
  verifyObject(`${what}s`, given);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || Object.hasOwn(known, name)) continue;
    throw new UsageError(`there is no ${what} ${name}${meant(name, Object.keys(known), hints)}`);
  }
}

/** @throws {UsageError} for anything other than an object */
export function verifyObject(what: string, given: object): void {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return;
  throw new UsageError(`${what} must be an object, got ${kindOf(given)}`);
}

/** @throws {UsageError} if two were given of which one has no effect */
export function verifyOneOf<Name extends string>(
  one: Name,
  other: Name,
  given: { [key in Name]?: unknown },
): void {
  if (given[one] !== undefined && given[other] !== undefined)
    throw new UsageError(`${one} and ${other} get the same messages: give one of them`);
}

function meant(name: string, known: readonly string[], hints: Hints): string {
  if (Object.hasOwn(hints, name)) return `: ${hints[name]}`;
  const [nearest = ''] = known.toSorted((a, b) => editDistance(name, a) - editDistance(name, b));
  const isNear = editDistance(name, nearest) <= Math.max(name.length, nearest.length) / 2;
  return isNear ? `; did you mean ${nearest}?` : `; there are ${known.join(', ')}`;
}

/** How many letters must be inserted, removed or replaced to make one name of the other, in any case (Levenshtein). */
function editDistance(from: string, to: string): number {
  const target = to.toLowerCase();
  let row = Array.from({ length: target.length + 1 }, (_, column) => column);
  for (const letter of from.toLowerCase()) {
    let [diagonal = 0] = row;
    let left = diagonal + 1;
    const next = [left];
    for (let column = 1; column < row.length; column++) {
      const above = row[column] ?? 0;
      left = Math.min(left + 1, above + 1, diagonal + (letter === target[column - 1] ? 0 : 1));
      next.push(left);
      diagonal = above;
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
