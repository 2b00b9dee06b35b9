/** Bytes as users give them. */
import { kindOf, UsageError } from './errors.ts';

/**
 * Anything else with a length would take room in the output without writing to it.
 * @throws {UsageError} for what is not a Uint8Array
 */
export function verifyBytes(data: Uint8Array): void {
  if (!(data instanceof Uint8Array)) throw new UsageError(`expected a Uint8Array, got ${kindOf(data)}`);
}
