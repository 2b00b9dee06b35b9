import { expect, test } from 'vitest';
import { leftOutText } from '../support/left-out-reporter.ts';

test('what was left out is counted by folders, with what to install', () => {
  const leftOut = ['test/browser/page.test.ts', 'test/browser/interop.test.ts', 'test/whatwg/close.test.ts'];
  const missing = [{ debianPackage: 'chromium' }, { debianPackage: 'curl' }, { command: 'pip install x' }];
  expect(leftOutText(leftOut, missing).split('\n')).toEqual([
    '!!! LEFT OUT, because tools are missing here (CI has it all): 3 tests',
    '    test/browser: 2, test/whatwg: 1',
    '    apt-get install chromium curl',
    '    pip install x',
  ]);
});

test('where no tool is missing, nothing is to be installed', () => {
  expect(leftOutText(['test/interop/node.test.ts'], []).split('\n')).toEqual([
    '!!! LEFT OUT, because this Node or this system cannot run them here (CI has it all): 1 tests',
    '    test/interop: 1',
  ]);
});
