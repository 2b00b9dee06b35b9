/** The curl lines of the README, run as they stand against the command that it starts: only the port is changed. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { BarewireCommand } from '../support/barewire-command.ts';
import { findProgram, leftOutWithout } from '../support/tools.ts';

const run = promisify(execFile);
const curl = findProgram('curl');

describe.skipIf(leftOutWithout(curl)).each(['README.md', 'README.zh.md'])(
  'the lines for curl in %s',
  (page) => {
    test('post a message, and read it', async () => {
      const text = readFileSync(page, 'utf8');
      const flags = /^npm start -- (--api-token .*)$/m.exec(text)?.[1]?.split(' ') ?? [];
      const command = BarewireCommand.start(['chat', '--port', '0', '--data', 'none', ...flags]);
      const port = await command.port();
      const lines = [...text.matchAll(/^curl .*\/api\/.*$/gm)].map(([line]) =>
        line.replace(':8080/', `:${port}/`),
      );
      expect(lines).toHaveLength(2);
      const answers = [];
      for (const line of lines) answers.push(JSON.parse((await run('sh', ['-c', line])).stdout));
      expect(answers[0]).toMatchObject({ seq: 1 });
      expect(answers[1]).toMatchObject({ head: 1, entries: [{ text: '21 °C', author: { name: 'Cellar' } }] });
    });
  },
);
