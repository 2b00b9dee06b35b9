/** A real Chromium, one for a test file; every test opens contexts of its own in it, which end with the test. */
import { type Browser, type BrowserContextOptions, chromium as driver, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { CHROMIUM, findProgram } from './tools.ts';

/** Where Chromium is, if it is installed. */
export const chromium = findProgram(...CHROMIUM);

/** Without a sandbox, which root cannot have, and without what looks for the network. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const;

/** For a `describe`: Chromium runs as long as its tests. */
export function useChromium(): { open: typeof open } {
  let browser: Browser;
  beforeAll(async () => {
    if (chromium === undefined) throw new Error('there is no Chromium on the PATH');
    browser = await driver.launch({
      executablePath: chromium,
      args: [...FLAGS],
    });
  });
  afterAll(() => browser?.close());

  /** Opens a page in a window of its own. It fails the test if anything in it goes wrong that should not. */
  async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ locale: 'en-US', ...options });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      const text = message.text();
      if (/Content Security Policy|Uncaught/.test(text)) faults.push(`console: ${text}`);
    });
    await page.goto(url);
    onTestFinished(async () => {
      await context.close();
      expect(faults).toEqual([]);
    });
    return page;
  }

  return { open };
}
