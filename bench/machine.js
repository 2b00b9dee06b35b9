/** Describes the machine, and the versions that were measured. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { isPinned } from './processes.js';

/** @returns the content of a file, or an empty string if there is none */
function read(/** @type {string} */ file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const versionOf = (/** @type {string} */ folder) =>
  /** @type {{ version: string }} */ (
    JSON.parse(readFileSync(new URL(`${folder}/package.json`, import.meta.url), 'utf8'))
  ).version;

/** @returns {Record<string, string>} */
export function machine() {
  const system = /^PRETTY_NAME="(.*)"$/m.exec(read('/etc/os-release'))?.[1];
  const kernel = `${type()} ${release().split('.').slice(0, 2).join('.')}`;
  const isVirtual = /^flags\s*:.*\bhypervisor\b/m.test(read('/proc/cpuinfo'));
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  return {
    CPU: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores${isVirtual ? ' of a virtual machine' : ''}`,
    Memory: `${gibibytes} GiB`,
    System: system === undefined ? kernel : `${system}, ${kernel}`,
    Cores: isPinned
      ? 'servers on one, loads on another, by taskset'
      : 'not pinned: there is no taskset, or one core',
    Node: process.versions.node,
    barewire: versionOf('..'),
    ws: `${versionOf('node_modules/ws')} with bufferutil ${versionOf('node_modules/bufferutil')}`,
    Bun: versionOf('node_modules/bun'),
    'uWebSockets.js': `from uws-pack ${versionOf('node_modules/uws-pack')}`,
  };
}
