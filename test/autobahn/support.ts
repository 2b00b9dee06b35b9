import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder for one test, without symbolic links in its path. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'barewire-autobahn-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes an executable that stands in for a real tool: a script of the shell. */
export async function fakeTool(file: string, script: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** What the real wstest prints when asked for its version. */
export const WSTEST_SCRIPT = 'echo "Autobahn 0.10.9"; echo "AutobahnTestSuite 25.10.1"';

/** What pyenv's shims do when no selected version has the command. */
export const SHIM_SCRIPT = 'echo "pyenv: command not found" >&2; exit 127';

/**
 * Answers like a Python 2.7 with pip. Its `-m virtualenv … FOLDER` makes an environment whose python "installs"
 * wstest; every call is written to `calls` beside it. Extra lines run first.
 */
export function pythonScript(calls: string, extra = ''): string {
  return `PATH=/usr/bin:/bin
echo "$@" >> '${calls}'
${extra}
for last; do :; done
case "$*" in
  -c*) printf 'version 2.7' ;;
  *"-m virtualenv"*) mkdir -p "$last/bin" && cp "$0" "$last/bin/python" ;;
  *--no-deps*) printf '#!/bin/sh\\n${WSTEST_SCRIPT.replaceAll('"', '')}\\n' > "\${0%/*}/wstest"; chmod +x "\${0%/*}/wstest" ;;
esac`;
}
