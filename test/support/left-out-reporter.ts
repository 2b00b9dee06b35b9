/** Says at the end of a run how much was left out, and what to install: a green run must not hide what it did not try. */
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { missingTools, type Tool } from './tools.ts';

export default class LeftOutReporter implements Reporter {
  #isFiltered = false;

  onInit({ config }: Vitest): void {
    this.#isFiltered = config.testNamePattern !== undefined; // `-t`: others were left out on purpose
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const leftOut = modules.flatMap((module) =>
      Array.from(module.children.allTests('skipped'), () => module.relativeModuleId),
    );
    if (leftOut.length > 0 && !this.#isFiltered) console.log(`\n${leftOutText(leftOut, missingTools())}\n`);
  }
}

/**
 * At most five lines.
 * @param leftOut for each test that was left out, its file
 * @param missing the tools that this machine lacks
 */
export function leftOutText(leftOut: readonly string[], missing: readonly Tool[]): string {
  const why = missing.length > 0 ? 'tools are missing' : 'this Node or this system cannot run them';
  const counts = new Map<string, number>();
  for (const file of leftOut) {
    const folder = file.split('/').slice(0, 2).join('/');
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const packages = missing.flatMap((tool) => tool.debianPackage ?? []);
  return [
    `!!! LEFT OUT, because ${why} here (CI has it all): ${leftOut.length} tests`,
    `    ${Array.from(counts, ([folder, count]) => `${folder}: ${count}`).join(', ')}`,
    ...(packages.length > 0 ? [`    apt-get install ${packages.join(' ')}`] : []),
    ...missing.flatMap((tool) => (tool.command === undefined ? [] : [`    ${tool.command}`])),
  ].join('\n');
}
