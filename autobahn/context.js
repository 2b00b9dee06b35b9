// The surroundings of a run, and the paths that it reads and writes.
import path from 'node:path';

/** The side of the connection that is tested; the suite is the other side. */
export const SIDES = /** @type {const} */ (['server', 'client']);

/**
 * @typedef {typeof SIDES[number]} Side
 *
 * @typedef {object} Context
 * @property {string} root the checkout
 * @property {NodeJS.ProcessEnv} env
 * @property {AbortSignal} signal ends everything
 * @property {(text: string) => void} print writes the outcome
 * @property {(text: string) => void} log writes what the run is doing
 */

/** @param {Context} context */
export function cacheFolder({ root }) {
  return path.join(root, '.cache', 'autobahn');
}

/**
 * @param {Context} context
 * @param {string} name
 */
export function reportFolder(context, name) {
  return path.join(cacheFolder(context), 'reports', name);
}

/**
 * Relative to the checkout, as in messages.
 * @param {Side} side
 */
export function expectedFile(side) {
  return `autobahn/expected/${side}.json`;
}
