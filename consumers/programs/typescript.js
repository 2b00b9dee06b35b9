/** A program that was written for @types/ws, compiled with nothing skipped. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, end } from '../support/check.js';
import { node, on, project } from '../support/command.js';

const folder = mkdtempSync(join(project, 'typescript-'));

/**
 * @param {string} file
 * @param {object} options of the compiler
 */
async function compile(file, options) {
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: false,
    skipLibCheck: false,
    outDir: '.',
    rootDir: '../support/users',
    ...options,
  };
  const config = join(folder, 'tsconfig.json');
  writeFileSync(config, JSON.stringify({ compilerOptions, files: [`../support/users/${file}`] }));
  const { stdout } = await node('node_modules/typescript/bin/tsc', '-p', config, '--pretty', 'false');
  return stdout;
}

let trace = '';

await check('compiles with nodenext, with skipLibCheck false, and runs', async () => {
  trace = await compile('typed.ts', { module: 'nodenext', traceResolution: true });
  assert.doesNotMatch(trace, /error TS/);
  const { stdout, stderr } = await node(join(folder, 'typed.js'));
  assert.deepEqual([stdout, stderr], ['message Ada: hello\n1000 0\n', '']);
});

await check('the types are those of the package itself; of @types/ws with ws', () => {
  const where = /Module name 'ws' was successfully resolved to '([^']+)'/.exec(trace)?.[1] ?? '';
  assert.match(where, on === 'ws' ? /@types\/ws\/index\.d\.m?ts$/ : /node_modules\/ws\/index\.d\.m?ts$/);
});

await check('compiles for a bundler', async () => {
  assert.equal(
    await compile('typed.ts', {
      module: 'esnext',
      moduleResolution: 'bundler',
      noEmit: true,
      skipLibCheck: true,
    }),
    '',
  );
});

await check('finds mistakes', async () => {
  const told = await compile('typed-wrongly.ts', { module: 'nodenext', noEmit: true, skipLibCheck: true });
  assert.equal(told.match(/error TS/g)?.length, 3, told);
});

rmSync(folder, { recursive: true, force: true });
end();
