/** What one is told while one looks elsewhere, after consent only: the title of the tab, and the browser's notifications. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';
import { ChatPage, PATIENCE, startServer, visitor } from './chat-page.ts';
import { startRealTabs } from './real-tabs.ts';

/** A notification as the page has made it. */
interface Told {
  readonly title: string;
  readonly body: string;
}

/** Notes each notification, which the browser makes as always: what it shows, no page can see. */
function noteNotifications(): void {
  const told: Told[] = [];
  Object.assign(globalThis, { told });
  const Real = Notification;
  globalThis.Notification = class extends Real {
    constructor(title: string, options?: NotificationOptions) {
      super(title, options);
      const note = { title: this.title, body: this.body };
      this.onerror = () => told.push({ ...note, title: 'error' });
      told.push(note);
      (globalThis as unknown as { last: Notification }).last = this;
    }
  };
}

const told = (page: Page) => page.evaluate(() => (globalThis as unknown as { told: Told[] }).told);

describe.skipIf(leftOutWithout(chromium))('notices in Chromium', () => {
  /** @param permission what the reader has answered the browser, or will */
  async function enter(url: string, permission: 'granted' | 'denied') {
    const tabs = await startRealTabs();
    const debug = await tabs.context.browser()!.newBrowserCDPSession();
    const origin = new URL(url).origin;
    await debug.send('Browser.setPermission', {
      permission: { name: 'notifications' },
      setting: permission,
      origin,
    });
    await tabs.context.addInitScript(noteNotifications);
    const page = await tabs.open(url);
    const chat = await new ChatPage(page).signIn('Ada');
    const choose = async (name: RegExp) => {
      await page.locator('#open-settings').click();
      await page.getByRole('checkbox', { name }).click();
    };
    return { tabs, chat, page, choose };
  }

  test('nobody is told anything without consent, whatever the browser allows', async () => {
    const { url } = await startServer();
    const { tabs, chat, page } = await enter(url, 'granted');
    const other = await visitor(url, 'Grace');
    await tabs.hide(page);
    await other.say('one');
    await chat.hears(['one']);
    expect(await told(page)).toEqual([]);
    expect(await page.title()).toBe('barewire chat');
  });

  test('after consent a notification comes while the page is hidden, and not while it is read', async () => {
    const { url } = await startServer();
    const { tabs, chat, page, choose } = await enter(url, 'granted');
    await choose(/^Notify me/);
    await page.keyboard.press('Escape');
    const other = await visitor(url, 'Grace');
    await other.say('read');
    await chat.hears(['read']);
    const show = await tabs.hide(page);
    await other.say('unread');
    await expect.poll(() => told(page), PATIENCE).toEqual([{ title: 'Grace in lobby', body: 'unread' }]);
    await show();
    await other.say('read again');
    await chat.hears(['read', 'unread', 'read again']);
    expect(await told(page)).toHaveLength(1);
    // It is remembered, and can be taken back.
    await page.reload();
    await chat.is('open');
    await choose(/^Notify me/);
    await page.keyboard.press('Escape');
    await tabs.hide(page);
    await other.say('for nobody');
    await chat.hears(['read', 'unread', 'read again', 'for nobody']);
    expect(await told(page)).toEqual([]);
  });

  test('a click on a notification opens its room', async () => {
    const { url } = await startServer();
    const { tabs, chat, page, choose } = await enter(url, 'granted');
    await chat.goTo('garden');
    await chat.goTo('lobby');
    await choose(/^Notify me/);
    await page.keyboard.press('Escape');
    await tabs.hide(page);
    await (await visitor(url, 'Grace', 'garden')).say('over here');
    await expect.poll(() => told(page), PATIENCE).toHaveLength(1);
    await page.evaluate(() =>
      (globalThis as unknown as { last: Notification }).last.dispatchEvent(new Event('click')),
    );
    await expect.poll(() => page.locator('#room-title').textContent(), PATIENCE).toBe('garden');
  });

  test('when the browser blocks notifications, the page says so, and leaves them off', async () => {
    const { url } = await startServer();
    const { page, choose } = await enter(url, 'denied');
    await choose(/^Notify me/);
    const blocked = page.locator('#notify-blocked');
    await expect.poll(() => blocked.textContent(), PATIENCE).toContain('Your browser blocks notifications');
    expect(await page.getByRole('status').and(blocked).isVisible()).toBe(true);
    await page.locator('#settings-language').selectOption('zh-Hans');
    expect(await blocked.textContent()).toBe('浏览器阻止了本页的通知。');
    await page.locator('#settings-language').selectOption('en');
    expect(await page.getByRole('checkbox', { name: /^Notify me/ }).isChecked()).toBe(false);
  });

  test('the title counts what is unread here and in other rooms, and is as before when it is read', async () => {
    const { url } = await startServer();
    const { tabs, chat, page, choose } = await enter(url, 'denied');
    await chat.goTo('garden');
    await chat.goTo('lobby');
    await choose(/title of the tab/);
    await page.keyboard.press('Escape');
    const show = await tabs.hide(page);
    await (await visitor(url, 'Grace')).say('one', 'two');
    await expect.poll(() => page.title(), PATIENCE).toBe('(2) barewire chat');
    await (await visitor(url, 'Edsger', 'garden')).say('three');
    await expect.poll(() => page.title(), PATIENCE).toBe('(3) barewire chat');
    await show();
    await expect.poll(() => page.title(), PATIENCE).toBe('(1) barewire chat');
    await chat.goTo('garden');
    await expect.poll(() => page.title(), PATIENCE).toBe('barewire chat');
  });
});
