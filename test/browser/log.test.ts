/** The log on the screen: it follows, it pages upward without moving, it holds few elements, and says what is missing. */
import { describe, expect, test } from 'vitest';
import { chromium, useChromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';
import { ChatPage, PATIENCE, startServer, visitor } from './chat-page.ts';

/** So that a test need not wait for its visitors to be allowed to speak. */
const FAST = { limits: { perSecond: 10_000, burst: 10_000 } };
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `message ${index + 1}`);

describe.skipIf(leftOutWithout(chromium))('the log in Chromium', () => {
  const { open } = useChromium();

  async function enter(url: string, name: string): Promise<ChatPage> {
    return await new ChatPage(await open(url, { viewport: { width: 1000, height: 600 } })).signIn(name);
  }

  test('it follows the newest message unless its reader has scrolled up', async () => {
    const { url } = await startServer(FAST);
    const chat = await enter(url, 'Ada');
    const other = await visitor(url, 'Grace');
    const texts = numbered(60);
    await other.say(...texts);
    await chat.hears(texts);
    await chat.isAtBottom();
    await chat.wheel(-600);
    await expect.poll(() => chat.distanceToBottom(), PATIENCE).toBeGreaterThan(300);
    const before = await chat.log.evaluate((log) => log.scrollTop);
    await other.say('unseen', 'unseen too');
    const pill = chat.page.locator('#jump');
    await expect.poll(() => pill.textContent(), PATIENCE).toBe('2 new');
    expect(await chat.log.evaluate((log) => log.scrollTop)).toBe(before);
    await pill.click();
    await chat.isAtBottom();
    expect(await pill.isVisible()).toBe(false);
    await other.say('seen');
    await chat.hears([...texts, 'unseen', 'unseen too', 'seen']);
    await chat.isAtBottom();
  });

  test('who scrolled up and speaks is brought to the newest message', async () => {
    const { url } = await startServer(FAST);
    const chat = await enter(url, 'Ada');
    const other = await visitor(url, 'Grace');
    await other.say(...numbered(40));
    await chat.hears(numbered(40));
    await chat.wheel(-600);
    await expect.poll(() => chat.distanceToBottom(), PATIENCE).toBeGreaterThan(300);
    await chat.say('mine');
    await chat.hears([...numbered(40), 'mine']);
    await chat.isAtBottom();
  });

  test('history comes in upward without moving what one reads, each message once, in few elements', async () => {
    const { url } = await startServer(FAST);
    const texts = numbered(500);
    await (await visitor(url, 'Grace')).say(...texts);
    const chat = await enter(url, 'Ada');
    await expect.poll(() => chat.texts.last().textContent(), PATIENCE).toBe('message 500');
    const first = await chat.texts.first().textContent();
    expect(first).not.toBe('message 1');

    // The message at the top of the screen stays where it is, whatever is added above it.
    const seen = new Set<string>();
    let most = 0;
    for (
      let rounds = 0;
      !(await chat.log.locator('.top.all').count()) || (await scrollTop(chat)) > 0;
      rounds++
    ) {
      expect(rounds).toBeLessThan(300);
      const moved = await chat.log.evaluate(
        (log) =>
          new Promise<number>((resolve) => {
            log.scrollTop -= 400;
            const reading = [...log.querySelectorAll('.message')].find(
              (message) => message.getBoundingClientRect().bottom > log.getBoundingClientRect().top + 200,
            )!;
            const before = reading.getBoundingClientRect().top;
            setTimeout(() => resolve(Math.abs(reading.getBoundingClientRect().top - before)), 60);
          }),
      );
      expect(moved).toBeLessThan(2);
      const { shown, elements } = await chat.log.evaluate((log) => ({
        shown: [...log.querySelectorAll('.message .text')].map(({ textContent }) => textContent ?? ''),
        elements: log.childElementCount,
      }));
      expect(new Set(shown).size).toBe(shown.length);
      for (const text of shown) seen.add(text);
      most = Math.max(most, elements);
    }
    expect([...seen].sort()).toEqual([...texts].sort());
    expect(most).toBeLessThan(450);
    expect(await chat.log.locator('.top').textContent()).toBe('This is where the room begins.');
    await chat.page.locator('#jump').click();
    await chat.isAtBottom();
    expect(await chat.texts.last().textContent()).toBe('message 500');
  });

  test('a message that is changed or deleted is so in every window, and after a reload', async () => {
    const { url } = await startServer();
    const [a, b] = [await enter(url, 'Ada'), await enter(url, 'Grace')];
    await a.say('frist', 'a secret');
    await b.hears(['frist', 'a secret']);
    await a.messages.first().hover();
    await a.messages.first().getByRole('button', { name: 'Edit' }).click();
    await a.input.fill('first');
    await a.input.press('Enter');
    await a.messages.last().hover();
    await a.messages.last().getByRole('button', { name: 'Delete' }).click();
    await a.page.locator('#delete-button').click();
    for (const chat of [a, b]) await chat.hears(['first edited', 'Message deleted']);
    await b.page.reload();
    await b.is('open');
    await b.hears(['first edited', 'Message deleted']);
    expect(await b.messages.getByRole('button', { name: 'Edit' }).count()).toBe(0);
  });

  test('Escape leaves a message as it was, and brings back what was being written', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada');
    await chat.say('one');
    await chat.hears(['one']);
    await chat.input.fill('a draft');
    await chat.messages.first().hover();
    await chat.messages.first().getByRole('button', { name: 'Edit' }).click();
    expect(await chat.input.inputValue()).toBe('one');
    await chat.input.fill('two');
    await chat.input.press('Escape');
    expect(await chat.input.inputValue()).toBe('a draft');
    await chat.hears(['one']);
  });

  test('what one person says one after the other stands under one name, and a day above it', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada');
    const other = await visitor(url, 'Grace');
    await other.say('one', 'two');
    await chat.hears(['one', 'two']);
    await chat.say('three');
    await chat.hears(['one', 'two', 'three']);
    expect(await chat.log.locator('.by:not(.sr)').allTextContents()).toEqual(['Grace', 'You']);
    expect(await chat.log.locator('.day').allTextContents()).toEqual(['Today']);
  });

  test('at midnight what is today becomes yesterday, though nothing else happens', async () => {
    const { url } = await startServer();
    await (await visitor(url, 'Grace')).say('one');
    const at = (hour: number, minute: number, second: number) => new Date().setHours(hour, minute, second, 0);
    const page = await open(url);
    await page.clock.install({ time: at(12, 0, 0) });
    await page.reload();
    const chat = await new ChatPage(page).signIn('Ada');
    await chat.hears(['one']);
    await page.clock.pauseAt(at(23, 59, 58));
    await page.clock.runFor(1_000);
    expect(await chat.log.locator('.day').allTextContents()).toEqual(['Today']);
    await page.clock.runFor(2_000);
    expect(await chat.log.locator('.day').allTextContents()).toEqual(['Yesterday']);
  });

  test('a very long message is folded, and unfolds', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada');
    await chat.say('word '.repeat(2_000));
    const folded = chat.log.locator('.folded');
    await folded.waitFor();
    const height = () => chat.texts.evaluate((text) => text.clientHeight);
    const before = await height();
    await chat.page.getByRole('button', { name: 'Show all' }).click();
    expect(await height()).toBeGreaterThan(before * 2);
    expect(await chat.page.getByRole('button', { name: 'Show all' }).count()).toBe(0);
  });
});

function scrollTop(chat: ChatPage): Promise<number> {
  return chat.log.evaluate((log) => log.scrollTop);
}
