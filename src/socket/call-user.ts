/** Calls functions that the user has given. */

/** Where errors of the user's code go. */
export interface UserErrors {
  userFailed(error: unknown): void;
}

/**
 * Calls a function of the user, which may be async. What it throws, or what its promise is rejected with, goes to `errors`.
 * @param onDone called when it has returned, and its promise, if any, is fulfilled
 */
export function callUser<A, B, C = never>(
  userFunction: (first: A, second: B, ...third: C[]) => unknown,
  first: A,
  second: B,
  errors: UserErrors,
  onDone?: (() => void) | undefined,
  third?: C,
): void {
  try {
    const result = third === undefined ? userFunction(first, second) : userFunction(first, second, third);
    if (isThenable(result)) {
      Promise.resolve(result).then(onDone, (error: unknown) => errors.userFailed(error));
      return;
    }
  } catch (error) {
    errors.userFailed(error);
    return;
  }
  onDone?.();
}

/** Promises, also those of other realms and libraries: everything that `await` would wait for. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayHaveThen = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return mayHaveThen && 'then' in value && typeof value.then === 'function';
}

/** What was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const message = typeof thrown === 'string' ? thrown : 'something was thrown that is not an Error';
  return new Error(message, { cause: thrown });
}
