/** Where Chromium is. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** @returns {string} the path of the one on the PATH. Without one the program ends, and its check has failed */
export function findChromium() {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // not here
      }
    }
  }
  process.stdout.write(
    'not ok there is a Chromium on the PATH: none found, `apt-get install chromium` brings one\n',
  );
  process.exit(1);
}
