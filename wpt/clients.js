// The clients, by their names: how a page gets at their classes.

/**
 * @typedef {object} Client
 * @property {string} title
 * @property {string | undefined} module what is imported; undefined where Node has the classes as globals
 * @property {readonly string[]} flags those of Node
 */

/** @type {Record<string, Client>} */
export const CLIENTS = {
  barewire: { title: 'barewire', module: '../dist/index.js', flags: [] },
  undici: { title: 'undici 7', module: 'undici', flags: [] },
  node: {
    title: 'Node 20 (`--experimental-websocket`)',
    module: undefined,
    flags: ['--experimental-websocket'],
  },
};
