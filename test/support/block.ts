/** Keeps the event loop from running, as a long computation does. */
export function block(milliseconds: number): void {
  for (const from = performance.now(); performance.now() - from < milliseconds; );
}
