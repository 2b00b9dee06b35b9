// wstest in a container of the image crossbario/autobahn-testsuite. Nothing is pulled: the image must be present.
import process from 'node:process';
import { run } from './processes.js';

/** @import { Surroundings, Tool } from './wstest.js' */

const IMAGES = ['crossbario/autobahn-testsuite:25.10.1', 'crossbario/autobahn-testsuite:latest'];
/** The path of the report folder in the container. */
const MOUNT_POINT = '/autobahn';
const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * @param {Surroundings} surroundings
 * @returns {Promise<Tool | undefined>} undefined if Docker is missing, does not respond, or has no image
 */
export async function dockerTool({ env, signal }) {
  const docker = (/** @type {string[]} */ args) => run('docker', args, { env, signal, timeoutMs: 10_000 });
  const info = await docker(['info', '--format', '{{.OperatingSystem}}']);
  if (info.code !== 0) return undefined;
  for (const image of IMAGES) {
    const inspection = await docker(['image', 'inspect', image]);
    if (inspection.code !== 0) continue;
    const isDesktop = process.platform !== 'linux' || info.stdout.includes('Docker Desktop');
    const name = `barewire-autobahn-${process.pid}`;
    return {
      ...containerTool(image, name, isDesktop),
      // Ending the `docker` command does not always end the container. No signal: this must run after an abort.
      clean: async () => void (await run('docker', ['rm', '--force', name], { env, timeoutMs: 20_000 })),
    };
  }
  return undefined;
}

/**
 * On Linux the container shares the host's network, the only way to reach a server that listens on 127.0.0.1.
 * Docker Desktop's containers run in a virtual machine, where the host has its own name.
 * @param {string} image
 * @param {string} name
 * @param {boolean} isDesktop
 * @returns {Tool}
 */
export function containerTool(image, name, isDesktop) {
  const network = isDesktop ? [] : ['--network', 'host'];
  // Without the user's ids the reports would belong to root, and the next run could not remove them.
  const user = process.getuid && !isDesktop ? ['--user', `${process.getuid()}:${process.getgid?.()}`] : [];
  return {
    label: `the Docker image ${image}`,
    mount: () => MOUNT_POINT,
    reach: (url) => (isDesktop ? hostFromDesktop(url) : url),
    launch: (folder, args, port) => ({
      command: 'docker',
      args: [
        ...['run', '--rm', '--init', '--name', name, ...network, ...user],
        ...(port !== undefined && isDesktop ? ['--publish', `127.0.0.1:${port}:${port}`] : []),
        ...['--env', 'PYTHONUNBUFFERED=1', '--volume', `${folder}:${MOUNT_POINT}`, '--workdir', MOUNT_POINT],
        ...[image, 'wstest', ...args],
      ],
    }),
  };
}

/** @param {string} text */
function hostFromDesktop(text) {
  const url = new URL(text);
  if (LOOPBACK_HOSTS.has(url.hostname)) url.hostname = 'host.docker.internal';
  return url.href;
}
