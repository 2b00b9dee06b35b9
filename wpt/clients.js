// The clients, by their names: how a page gets at their classes.

/**
 * @typedef {object} Client
 * @property {string} title
 * @property {string | undefined} module what is imported; undefined where Node has the classes as globals
 * @property {readonly string[]} flags those of Node
 */

/** Node 22 and later have the class without a flag. */
const [major] = process.versions.node.split('.');
const flags = Number(major) < 22 ? ['--experimental-websocket'] : [];

/** @type {Record<string, Client>} */
export const CLIENTS = {
  barewire: { title: 'barewire', module: '../dist/index.js', flags: [] },
  undici: { title: 'undici 7', module: 'undici', flags: [] },
  node: { title: `Node ${major}`, module: undefined, flags },
};
