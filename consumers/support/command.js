/** Commands that programs run, in the project that they are in. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const project = fileURLToPath(new URL('..', import.meta.url));
/** What stands for ws here. */
export const on = process.env['CONSUMERS_ON'] ?? 'barewire';

/**
 * @param {string} file
 * @param {readonly string[]} parameters
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
export function command(file, parameters) {
  return new Promise((resolve) => {
    execFile(
      file,
      parameters,
      { cwd: project, timeout: 60_000, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code) || 1, stdout, stderr });
      },
    );
  });
}

/** @param {readonly string[]} parameters */
export const node = (...parameters) => command(process.execPath, ['--no-warnings', ...parameters]);
