/** What happens on the page is said to those who do not see it. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromium, useChromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';
import { ChatPage, PATIENCE, startServer, visitor } from './chat-page.ts';

/** Notes what comes into the live region from now on. @returns what has come */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  const said = await page.locator('#announcer').evaluateHandle((region) => {
    const all: string[] = [];
    const note = (records: MutationRecord[]) => {
      for (const { addedNodes } of records) for (const node of addedNodes) all.push(node.textContent ?? '');
    };
    new MutationObserver(note).observe(region, { childList: true });
    return all;
  });
  return () => said.jsonValue();
}

describe.skipIf(leftOutWithout(chromium))('to those who do not see the page in Chromium', () => {
  const { open } = useChromium();

  async function enter(url: string): Promise<ChatPage> {
    return await new ChatPage(await open(url)).signIn('Ada');
  }

  test('each message of others is said, though it is the same as the last one', async () => {
    const { url } = await startServer();
    const chat = await enter(url);
    const said = await listen(chat.page);
    await (await visitor(url, 'Grace')).say('yes', 'yes');
    await expect.poll(said, PATIENCE).toEqual(['Grace: yes', 'Grace: yes']);
    await chat.say('mine');
    await chat.hears(['yes', 'yes', 'mine']);
    expect(await said()).toHaveLength(2);
  });

  test('of messages that come together the last three are said', async () => {
    const limits = { crowd: 2, crowdTickMs: 500, crowdPerSecond: 100, burst: 100 };
    const { url } = await startServer({ limits });
    const chat = await enter(url);
    const { client } = await visitor(url, 'Grace');
    await expect
      .poll(() => chat.page.locator('#crowd-note').textContent(), PATIENCE)
      .toContain('Very many are here');
    const said = await listen(chat.page);
    for (const text of ['1', '2', '3', '4', '5']) {
      client.send({ type: 'say', room: 'lobby', id: crypto.randomUUID(), text });
    }
    await chat.hears(['1', '2', '3', '4', '5']);
    expect(await said()).toEqual(['Grace: 3', 'Grace: 4', 'Grace: 5']);
  });

  test('that a message was not sent is said, once for each try', async () => {
    const { url } = await startServer();
    const chat = await enter(url);
    const why = 'Not sent: this browser does not have the key of this room.';
    const said = await listen(chat.page);
    await chat.goTo('e-plans');
    await chat.say('hello');
    await expect.poll(said, PATIENCE).toEqual([why]);
    await chat.goTo('lobby');
    await chat.goTo('e-plans');
    await chat.log.getByRole('button', { name: 'Retry' }).click();
    await expect.poll(said, PATIENCE).toEqual([why, why]);
  });

  test('who is too fast is told so once, not for each message', async () => {
    const { url } = await startServer({ limits: { perSecond: 2, burst: 1 } });
    const chat = await enter(url);
    const said = await listen(chat.page);
    await chat.say('one', 'two', 'three');
    await expect.poll(said, PATIENCE).toEqual([expect.stringMatching(/^A little too fast/)]);
    await chat.hears(['one', 'two', 'three']);
    expect(await said()).toHaveLength(1);
  });

  test.each([
    ['a column', 1440],
    ['a drawer', 360],
  ])('that a link is copied is said, where the people are %s', async (_, width) => {
    const { url } = await startServer();
    const page = await open(url, { viewport: { width, height: 740 }, permissions: ['clipboard-write'] });
    await new ChatPage(page).signIn('Ada');
    if (width === 360) await page.locator('#open-people').click();
    const copied = page.locator('#people').getByRole('status');
    expect(await copied.textContent()).toBe('');
    await page.getByRole('button', { name: 'Copy link' }).click();
    await expect.poll(() => copied.textContent(), PATIENCE).toBe('Copied');
    await expect.poll(() => copied.textContent(), PATIENCE).toBe('');
  });

  test('messages have names, and a room says that it is encrypted', async () => {
    const { url } = await startServer();
    const chat = await enter(url);
    const { page } = chat;
    await (await visitor(url, 'Grace')).say('hello');
    await chat.hears(['hello']);
    await chat.say('hello yourself');
    await chat.hears(['hello', 'hello yourself']);
    await chat.log.focus();
    for (const name of ['You: hello yourself', 'Grace: hello']) {
      await page.keyboard.press('ArrowUp');
      const message = page.getByRole('article', { name, exact: true });
      expect(await message.evaluate((one) => one === document.activeElement)).toBe(true);
    }
    expect(await page.getByRole('heading', { level: 1, name: /lobby$/ }).count()).toBe(1);
    await chat.goTo('e-plans');
    expect(await page.getByRole('heading', { level: 1, name: 'plans (encrypted)' }).count()).toBe(1);
  });

  test('what will say something is there before it does', async () => {
    const { url } = await startServer();
    const { page } = await enter(url);
    for (const name of ['search', 'settings']) {
      await page.locator(`#open-${name}`).click();
      const regions = page.locator(`#${name}-dialog [role=status]`);
      expect(await regions.count()).toBeGreaterThan(0);
      for (const region of await regions.all()) {
        expect(await region.textContent()).toBe('');
        expect(await region.evaluate((one) => getComputedStyle(one).display)).toBe('block');
      }
      await page.keyboard.press('Escape');
    }
  });
});
