/** One listener for each signal of the user's, however many openings it may abort: Node warns when a signal has eleven. */

/** What is to be called for each signal that is in use. */
const calls = new WeakMap<EventTarget, Set<() => void>>();

/** Calls `onAbort` when the signal is aborted. @returns a function that lets go of the signal */
export function whenAborted(signal: AbortSignal, onAbort: () => void): () => void {
  const waiting = calls.get(signal) ?? new Set();
  calls.set(signal, waiting);
  if (waiting.size === 0) signal.addEventListener('abort', callAll);
  waiting.add(onAbort);
  return () => {
    waiting.delete(onAbort);
    if (waiting.size === 0) signal.removeEventListener('abort', callAll);
  };
}

function callAll({ currentTarget }: Event): void {
  for (const onAbort of calls.get(currentTarget!)!) onAbort();
}
