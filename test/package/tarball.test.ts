/** What `npm publish` would publish: what a user needs, and nothing else. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

let folder = '';
let tarball = '';
let files: string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'barewire-pack-'));
  // dist is built already; a second build would pull it from under tests that run beside this one.
  const output = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root);
  const [pack] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
  tarball = join(folder, pack.filename);
  files = pack.files.map(({ path }) => path).sort();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, parameters: string[], cwd: string): string {
  return execFileSync(program, parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

test('holds the built library, the page, and the papers', () => {
  const others = files.filter((path) => !/^dist\/.*\.(js|d\.ts)$/.test(path) && !path.startsWith('public/'));
  expect(others).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'README.zh.md', 'package.json']);
  expect(files).toEqual(
    expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js', 'public/index.html']),
  );
});

test('has no runtime dependency and no install script', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object>;
  expect(manifest['dependencies']).toBeUndefined();
  for (const name of Object.keys(manifest['peerDependencies'] ?? {})) {
    expect(manifest['peerDependenciesMeta']).toHaveProperty([name], { optional: true });
  }
  expect(Object.keys(manifest['scripts'] ?? {})).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/install|prepare$/)]),
  );
});

test('publint finds nothing', () => {
  expect(run(bin('publint'), ['run', tarball, '--strict'], root)).toContain('All good!');
});

test('attw finds nothing', () => {
  // It exits with 1, and `run` throws, when a resolution of the profile fails.
  expect(run(bin('attw'), [tarball, '--profile', 'esm-only'], root)).not.toContain('❌');
});

describe('installed in a project of its own', () => {
  beforeAll(() => {
    mkdirSync(join(folder, 'project'));
    const manifest = { name: 'project', private: true, type: 'module' };
    writeFileSync(join(folder, 'project', 'package.json'), JSON.stringify(manifest));
    run('npm', ['install', '--offline', '--no-save', tarball], join(folder, 'project'));
  });

  test('the command runs', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const command = join('node_modules', '.bin', 'barewire');
    expect(run(command, ['--version'], join(folder, 'project'))).toBe(`${version}\n`);
  });

  test('CommonJS can require it, without a warning', () => {
    copyFileSync(join(root, 'test/package/users/require.cjs'), join(folder, 'project', 'require.cjs'));
    const { stdout, stderr } = spawnSync(process.execPath, ['require.cjs'], {
      cwd: join(folder, 'project'),
      encoding: 'utf8',
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'hello s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n', stderr: '' });
  });

  test('the types are right under the strictest settings', () => {
    const project = join(folder, 'project');
    mkdirSync(join(project, 'node_modules', '@types'), { recursive: true });
    symlinkSync(
      join(root, 'node_modules', '@types', 'node'),
      join(project, 'node_modules', '@types', 'node'),
    );
    symlinkSync(join(root, 'node_modules', 'undici-types'), join(project, 'node_modules', 'undici-types'));
    copyFileSync(join(root, 'test/package/users/types.ts'), join(project, 'types.ts'));
    const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    const modules = ['--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023', '--types', 'node'];
    run(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...flags, ...modules, 'types.ts'],
      project,
    );
  });
});
