/** A program with ws in it, bundled into one file for Node. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { check, end } from '../support/check.js';
import { node, on, project } from '../support/command.js';

// Where it runs there is no package: what it needs is in the bundle.
const empty = mkdtempSync(join(tmpdir(), 'consumer-esbuild-'));

/**
 * @param {string} entry
 * @param {import('esbuild').BuildOptions} options
 */
async function bundle(entry, options) {
  const outfile = join(empty, 'bundle', options.format === 'cjs' ? 'out.cjs' : 'out.mjs');
  const { warnings } = await build({
    absWorkingDir: project,
    entryPoints: [join('support', 'users', entry)],
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
    outfile,
    ...options,
  });
  assert.deepEqual(warnings, []);
  cpSync(outfile, join(empty, 'alone.mjs'));
  return outfile;
}

await check('an ES module becomes one file, which runs', async () => {
  // ws itself is CommonJS: its bundle needs a require.
  const banner = {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  };
  const file = await bundle('imported.mjs', { format: 'esm', ...(on === 'ws' && { banner }) });
  const { stdout, stderr } = await node(file);
  assert.deepEqual([stdout, stderr], ['4000 hello from /page\n', '']);
});

await check('CommonJS becomes one file, which runs', async () => {
  const file = await bundle('required.cjs', { format: 'cjs' });
  const { stdout, stderr } = await node(file);
  assert.deepEqual([stdout, stderr], ['hello true chat http://a.example\n', '']);
});

await check('minified, it still runs', async () => {
  const file = await bundle('required.cjs', { format: 'cjs', minify: true });
  const { stdout, stderr } = await node(file);
  assert.deepEqual([stdout, stderr], ['hello true chat http://a.example\n', '']);
});

await check('what the bundle has outside of it is Node alone', async () => {
  const { metafile } = await build({
    absWorkingDir: project,
    entryPoints: [join('support', 'users', 'imported.mjs')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
  });
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  const others = outside.filter((path) => !/^(?:node:)?[a-z_/]+$/.test(path));
  assert.deepEqual(others, []);
  assert.ok(
    readFileSync(join(project, 'node_modules', 'ws', 'package.json'), 'utf8').includes(
      on === 'ws' ? '"ws"' : '"barewire-ws"',
    ),
  );
});

rmSync(empty, { recursive: true, force: true });
end();
