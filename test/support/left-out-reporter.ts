/** Says at the end of a run which tests were left out: a green run must not hide what it did not try. */
import type { Reporter, TestModule } from 'vitest/node';

export default class LeftOutReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const leftOut = modules.flatMap((module) =>
      [...module.children.allTests('skipped')].map((test) => test.fullName),
    );
    if (leftOut.length === 0) return;
    const lines = [...new Set(leftOut)].map((name) => `    ${name}`);
    console.log(
      `\n!!! LEFT OUT, because a tool is missing here (CI has it): ${leftOut.length} tests\n${lines.join('\n')}\n`,
    );
  }
}
