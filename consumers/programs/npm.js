/** What npm says of the tree. */
import assert from 'node:assert/strict';
import { check, end } from '../support/check.js';
import { command, on } from '../support/command.js';

/** The dependencies of a package, and theirs, as `npm ls` has them. */
const names = (tree) =>
  Object.entries(tree.dependencies ?? {}).flatMap(([name, below]) => [name, ...names(below)]);

const { stdout } = await command('npm', ['ls', '--omit=dev', '--all', '--json', 'ws']);
const whole = JSON.parse(stdout);
/** Every ws in the tree, with what it depends on. */
const found = (function search(tree) {
  return Object.entries(tree.dependencies ?? {}).flatMap(([name, below]) =>
    name === 'ws' ? [below] : search(below),
  );
})(whole);

await check('every ws in the tree is the same', () => {
  assert.ok(found.length >= 15, `${found.length} places`);
  assert.equal(new Set(found.map(({ version }) => version)).size, 1);
});

await check('npm finds nothing invalid, and nothing missing', () => {
  const problems = (whole.problems ?? []).filter((problem) => / ws@|barewire/.test(problem));
  assert.deepEqual(problems, []);
});

await check('it depends on nothing, or on barewire alone, which depends on nothing', async () => {
  const listed = await command('npm', [
    'ls',
    '--omit=dev',
    '--all',
    '--json',
    ...(on === 'ws' ? ['ws'] : ['barewire']),
  ]);
  const { dependencies } = JSON.parse(listed.stdout);
  assert.deepEqual(names(dependencies.ws), on === 'ws' ? [] : ['barewire']);
  if (on !== 'ws') assert.deepEqual(names(dependencies.barewire), []);
});

end();
