/** axe-core finds nothing to complain about in any state of the page, in light, dark and the system's colours; CI keeps the screenshots. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromium, useChromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';
import { ChatPage, startServer, visitor } from './chat-page.ts';

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { SCREENSHOTS } = process.env;

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds, as one line each. Evaluated by the debugger, which the page’s Content-Security-Policy does not bind. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = (await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(tags)} })`)) as {
    violations: Violation[];
  };
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
  );
}

describe.skipIf(leftOutWithout(chromium))('the page', () => {
  const { open } = useChromium();

  describe.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ["the system's colours", { forcedColors: 'active' }],
  ] as const)('in %s', (colours, options) => {
    test.each([
      [360, 740],
      [768, 1024],
      [1440, 900],
    ])('at %i pixels has no violation in any state', async (width, height) => {
      const { url, close } = await startServer();
      const page = await open(url, { viewport: { width, height }, ...options });
      const chat = new ChatPage(page);
      const found: Record<string, string[]> = {};
      const look = async (state: string) => {
        found[state] = await violations(page);
        if (SCREENSHOTS === undefined) return;
        mkdirSync(SCREENSHOTS, { recursive: true });
        await page.screenshot({
          path: join(SCREENSHOTS, `${width}-${colours.split(' ').at(-1)}-${state}.png`),
        });
      };
      await page.locator('#name').waitFor();
      await look('1-sign-in');
      await chat.signIn('Ada');
      await look('2-empty');
      const grace = await visitor(url, 'Grace');
      await grace.say('Good morning. The notes are at https://example.com/notes', '早上好！');
      await chat.say('Morning!', 'A second line\nof the same thought');
      await chat.hears([
        'Good morning. The notes are at https://example.com/notes',
        '早上好！',
        'Morning!',
        'A second line\nof the same thought',
      ]);
      await look('3-chatting');
      const own = chat.messages.filter({ hasText: 'Morning!' });
      await own.hover();
      await own.getByRole('button', { name: 'Delete' }).click();
      await page.locator('#delete-button').waitFor();
      await look('3-delete');
      await page.keyboard.press('Escape');
      await chat.input.press('ArrowUp');
      await page.locator('#cancel-edit').waitFor();
      await look('3-editing');
      await chat.input.press('Escape');
      await page.locator('#open-search').click();
      await page.locator('#search-input').waitFor();
      await look('4-search');
      await page.keyboard.press('Escape');
      await page.locator('#wire-bytes').click();
      await look('5-on-the-wire');
      await page.locator('#wire-bytes').click();
      if (width < 768) {
        await page.locator('#open-rooms').click();
        await look('6-rooms');
        await page.keyboard.press('Escape');
        await page.locator('#open-people').click();
        await look('7-people');
        await page.keyboard.press('Escape');
        await page.locator('#open-rooms').click();
      }
      await page.locator('#new-room').click();
      await page.locator('#room-name').waitFor();
      await look('8-new-room');
      await page.keyboard.press('Escape');
      // On a phone the drawer is still open behind the dialog.
      await page.locator('#open-settings').click();
      await page.locator('#settings-language').waitFor();
      await look('9-settings');
      await page.route('**/api/session', (route) =>
        route.fulfill({ status: 503, json: { error: 'unavailable' } }),
      );
      await page.locator('#sign-out').click();
      await page.getByText('Signing out failed').waitFor();
      await look('9-sign-out-failed');
      await page.keyboard.press('Escape');
      await close();
      await chat.is('waiting');
      await chat.say('kept here, with https://example.com/');
      await chat.input.press('ArrowUp');
      await chat.input.fill('Good evening!');
      await chat.input.press('Enter');
      await chat.log.locator('.pending .edited').waitFor();
      await look('10-disconnected');
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((state) => [state, []])));
    });
  });
});
