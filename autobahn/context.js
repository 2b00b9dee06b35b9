// What a run knows of its surroundings, and where it reads and writes.
import path from 'node:path';

/** The side of a connection that barewire is; the suite is the other. */
export const SIDES = /** @type {const} */ (['server', 'client']);

/**
 * @typedef {typeof SIDES[number]} Side
 *
 * @typedef {object} Context
 * @property {string} root the checkout
 * @property {NodeJS.ProcessEnv} env
 * @property {AbortSignal} signal ends everything
 * @property {(text: string) => void} print the outcome
 * @property {(text: string) => void} log what is going on
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
 * Relative to the checkout, as messages call it.
 * @param {Side} side
 */
export function expectedFile(side) {
  return `autobahn/expected/${side}.json`;
}
