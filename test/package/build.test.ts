/** scripts/build.js with a compiler that writes what a test gives it. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** Writes the files of `sources.json`, as far as they have a text; one without is an error. */
const COMPILER = `const { mkdirSync, writeFileSync, readFileSync } = require('node:fs');
const out = process.argv[process.argv.indexOf('--outDir') + 1 || Infinity] ?? 'dist';
mkdirSync(out + '/cli', { recursive: true });
for (const [name, text] of Object.entries(JSON.parse(readFileSync('sources.json')))) {
  if (text === null) process.exit(2);
  writeFileSync(out + '/' + name, text);
}`;

function checkout() {
  const root = mkdtempSync(join(tmpdir(), 'barewire-build-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const bin = join(root, 'node_modules', 'typescript', 'bin');
  for (const folder of [bin, join(root, 'scripts')]) mkdirSync(folder, { recursive: true });
  copyFileSync('scripts/build.js', join(root, 'scripts', 'build.js'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(bin, '..', 'package.json'), '{}');
  writeFileSync(join(bin, 'tsc'), COMPILER);
  const dist = join(root, 'dist');
  return {
    build(sources: Readonly<Record<string, string | null>>, event = 'build') {
      writeFileSync(join(root, 'sources.json'), JSON.stringify(sources));
      const env = { ...process.env, npm_lifecycle_event: event };
      const { status, stdout } = spawnSync(process.execPath, ['scripts/build.js'], { cwd: root, env });
      expect(readdirSync(join(root, '.cache')), 'what was built').toEqual([]);
      return { status, stdout: String(stdout) };
    },
    /** The files of dist/ with their texts, and which of them are the same files as before. */
    files: () =>
      readdirSync(dist, { recursive: true, encoding: 'utf8' })
        .filter((name) => statSync(join(dist, name)).isFile())
        .sort()
        .map((name) => [name.replaceAll('\\', '/'), readFileSync(join(dist, name), 'utf8')]),
    inode: (name: string) => statSync(join(dist, name)).ino,
    mode: (name: string) => statSync(join(dist, name)).mode & 0o777,
  };
}

test('a build replaces what has changed, as whole files, removes what is gone, and leaves the rest alone', () => {
  const { build, files, inode, mode } = checkout();
  expect(build({ 'cli/main.js': 'main', 'a.js': '1', 'b.js': '2' })).toEqual({ status: 0, stdout: '' });
  expect(files()).toEqual([
    ['a.js', '1'],
    ['b.js', '2'],
    ['cli/main.js', 'main'],
  ]);
  if (process.platform !== 'win32') expect(mode('cli/main.js')).toBe(0o755);
  const [main, b] = [inode('cli/main.js'), inode('b.js')];
  build({ 'cli/main.js': 'main', 'b.js': '3', 'cli/c.js': '4' });
  expect(files()).toEqual([
    ['b.js', '3'],
    ['cli/c.js', '4'],
    ['cli/main.js', 'main'],
  ]);
  expect(inode('cli/main.js')).toBe(main);
  expect(inode('b.js')).not.toBe(b); // another file, and not the old one written anew
});

test('a build that fails leaves everything as it was', () => {
  const { build, files } = checkout();
  build({ 'cli/main.js': 'main' });
  expect(build({ 'cli/main.js': 'wrong', 'a.js': null }).status).not.toBe(0);
  expect(files()).toEqual([['cli/main.js', 'main']]);
});

test('npm start says that it builds', () => {
  expect(checkout().build({ 'cli/main.js': 'main' }, 'start').stdout).toBe('building …\n');
});
