/** Rooms on the page: several on one connection, unread counts, encrypted ones, search, who is there, very many. */
import { describe, expect, test } from 'vitest';
import { signIn } from '../chat/chat-client.ts';
import { chromium, useChromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';
import { ChatPage, dataFolder, PATIENCE, startServer, visitor } from './chat-page.ts';

const WIDE = { viewport: { width: 1440, height: 900 } };

describe.skipIf(leftOutWithout(chromium))('rooms in Chromium', () => {
  const { open } = useChromium();

  async function enter(url: string, name: string): Promise<ChatPage> {
    return await new ChatPage(await open(url, WIDE)).signIn(name);
  }

  const unread = (chat: ChatPage, room: string) =>
    chat.page.locator('.room-link', { hasText: room }).locator('.badge > span').first().textContent();

  test('several rooms share one connection; what is unread is counted, marked, and read', async () => {
    const { url } = await startServer();
    const page = await open(url, WIDE);
    let sockets = 0;
    page.on('websocket', () => sockets++);
    const chat = await new ChatPage(page).signIn('Ada');
    await chat.goTo('garden');
    await chat.say('mine');
    await chat.hears(['mine']);
    await chat.goTo('lobby');
    const other = await visitor(url, 'Grace', 'garden');
    await other.say('one', 'two');
    await expect.poll(() => unread(chat, 'garden'), PATIENCE).toBe('2');
    expect(await chat.texts.count()).toBe(0);
    expect(sockets).toBe(1);

    await page.reload();
    await chat.is('open');
    await expect.poll(() => unread(chat, 'garden'), PATIENCE).toBe('2');
    await page.getByRole('link', { name: 'garden' }).click();
    await chat.hears(['mine', 'one', 'two']);
    expect(await chat.log.locator('.new').count()).toBe(1);
    expect(await chat.log.locator('.new + .message .text').textContent()).toBe('one');
    await expect.poll(() => page.locator('.badge:visible').count(), PATIENCE).toBe(0);
    await page.goBack();
    await expect.poll(() => page.locator('#room-title').textContent(), PATIENCE).toBe('lobby');
  });

  test('what came to a room that was empty stays unread over a reconnect, and all of it is new', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada');
    await chat.goTo('garden');
    await chat.goTo('lobby');
    await (await visitor(url, 'Grace', 'garden')).say('one', 'two');
    await expect.poll(() => unread(chat, 'garden'), PATIENCE).toBe('2');
    await chat.page.context().setOffline(true);
    await chat.is('waiting');
    await chat.page.context().setOffline(false);
    await chat.is('open');
    await chat.page.getByRole('link', { name: 'garden' }).click();
    await chat.hears(['one', 'two']);
    expect(await chat.log.locator('.new + .message .text').textContent()).toBe('one');
  });

  test('what is read in one tab is read in the others, and a room entered in one is in all', async () => {
    const { url } = await startServer();
    const a = await enter(url, 'Ada');
    const b = await a.tab(url);
    await a.goTo('garden');
    await expect.poll(() => b.page.getByRole('link', { name: 'garden' }).count(), PATIENCE).toBe(1);
    await (await visitor(url, 'Grace', 'garden')).say('hello');
    await a.page.bringToFront();
    await a.hears(['hello']);
    await expect.poll(() => b.page.locator('.badge:visible').count(), PATIENCE).toBe(0);
    await a.page.getByRole('button', { name: 'Leave this room' }).click();
    await expect.poll(() => b.page.getByRole('link', { name: 'garden' }).count(), PATIENCE).toBe(0);
  });

  test('a room is left, and stays left', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada');
    await chat.goTo('garden');
    await chat.page.getByRole('button', { name: 'Leave this room' }).click();
    await expect.poll(() => chat.page.locator('#room-title').textContent(), PATIENCE).toBe('lobby');
    await chat.page.reload();
    await chat.is('open');
    expect(await chat.page.locator('.room-link').allTextContents()).toHaveLength(1);
  });

  test('who is in more rooms than the server takes is told so', async () => {
    const { url } = await startServer({ limits: { rooms: 2 } });
    const chat = await enter(url, 'Ada');
    await chat.goTo('second');
    await chat.goTo('third');
    await expect.poll(() => chat.page.locator('#refusal').textContent(), PATIENCE).toContain('allows (2)');
    expect(await chat.page.locator('#refusal').isVisible()).toBe(true);
  });

  test('a room that is left makes room for one that the server did not take', async () => {
    const { url } = await startServer({ limits: { rooms: 2 } });
    const chat = await enter(url, 'Ada');
    await chat.goTo('second');
    await chat.goTo('third');
    await expect.poll(() => chat.page.locator('#refusal').textContent(), PATIENCE).toContain('allows (2)');
    await chat.goTo('second');
    await chat.page.getByRole('button', { name: 'Leave this room' }).click();
    await chat.goTo('third');
    await expect.poll(() => chat.page.locator('#refusal').isVisible(), PATIENCE).toBe(false);
    await chat.say('here at last');
    await chat.hears(['here at last']);
  });

  test('a room that is left in one tab does not come back from another one that still shows it', async () => {
    const { url } = await startServer();
    const a = await enter(url, 'Ada');
    await a.goTo('garden');
    const b = await a.tab();
    const rooms = (chat: ChatPage) => chat.page.locator('.room-link bdi').allTextContents();
    await expect.poll(() => rooms(b), PATIENCE).toEqual(['lobby', 'garden']);
    await a.page.getByRole('button', { name: 'Leave this room' }).click();
    await a.goTo('kitchen');
    await expect.poll(() => rooms(b), PATIENCE).toContain('kitchen');
    expect(await b.page.locator('#room-title').textContent()).toBe('garden');
    // What another tab has stored comes in order: when this is there, all before it is.
    await b.goTo('cellar');
    await expect.poll(() => rooms(a), PATIENCE).toContain('cellar');
    expect(await rooms(a)).toEqual(['lobby', 'kitchen', 'cellar']);
  });

  test('in an encrypted room who has the link reads, the server does not, and nobody else does', async () => {
    const { url } = await startServer();
    const a = await enter(url, 'Ada');
    await a.page.locator('#new-room').click();
    await a.page.locator('#room-name').fill('e-e-Plans'); // as it may stand in a link: that alone encrypts nothing
    await a.page.locator('#room-encrypted').check();
    await a.page.getByRole('button', { name: 'Open room' }).click();
    await a.say('meet me at noon', 'and bring the map');
    await a.hears(['meet me at noon', 'and bring the map']);
    await a.page.keyboard.press('ArrowUp');
    await a.input.fill('and bring both maps');
    await a.input.press('Enter');
    await a.hears(['meet me at noon', 'and bring both maps edited']);
    const link = a.page.url();
    expect(link).toMatch(/#room=e-plans-[0-9a-f]{6}&key=[\w-]{43}$/);
    expect(await a.page.getByRole('link', { name: /^plans-[0-9a-f]{6} encrypted/ }).count()).toBe(1);

    const b = await enter(link, 'Grace');
    await b.hears(['meet me at noon', 'and bring both maps edited']);
    await b.say('yes');
    await a.hears(['meet me at noon', 'and bring both maps edited', 'yes']);
    expect(await a.log.locator('.warn').count()).toBe(0);

    const room = new URLSearchParams(new URL(link).hash.slice(1)).get('room');
    const cookie = await signIn(url, 'Eve');
    const answer = await fetch(`${url}api/rooms/${room}/messages`, { headers: { cookie } });
    const kept = await answer.text();
    expect(kept).toContain('"sealed":true');
    for (const word of ['noon', 'map', 'yes']) expect(kept).not.toContain(word);

    const c = await enter(link.replace(/&key=.*/, ''), 'Eve');
    await expect
      .poll(() => c.page.locator('#refusal').textContent(), PATIENCE)
      .toContain('do not have the key');
    await c.hears(Array.from({ length: 3 }, () => 'This message cannot be read with the key of this link.'));
    await c.say('let me in');
    await expect
      .poll(() => c.log.locator('.failed .fate').textContent(), PATIENCE)
      .toContain('does not have the key');
  });

  test('a link with another key replaces no key without asking, whether it is followed or opened', async () => {
    const { url } = await startServer();
    const [own, foreign] = ['A'.repeat(43), `B${'A'.repeat(42)}`];
    const link = (key: string) => `${url}#room=e-plans&key=${key}`;
    const a = await enter(link(own), 'Ada');
    const reader = await enter(link(own), 'Grace');
    await a.say('mine');
    await a.hears(['mine']);
    const dialog = (chat: ChatPage) => chat.page.getByRole('dialog', { name: 'This link has another key' });

    await a.page.evaluate((address) => location.assign(address), link(foreign));
    await dialog(a).waitFor();
    await a.page.keyboard.press('Enter'); // the focus is on what changes nothing
    await dialog(a).waitFor({ state: 'hidden' });
    expect(a.page.url()).toBe(link(own));
    await a.say('still mine');
    await reader.hears(['mine', 'still mine']);

    const b = await a.tab(link(foreign));
    await dialog(b).waitFor();
    await b.page.keyboard.press('Escape');
    await b.page.reload();
    await b.is('open');
    await b.hears(['mine', 'still mine']);
    expect(await dialog(b).isVisible()).toBe(false);

    await b.page.evaluate((address) => location.assign(address), link(foreign));
    await dialog(b).getByRole('button', { name: 'Use the key of the link' }).click();
    await b.say('for the other key');
    const unreadable = 'This message cannot be read with the key of this link.';
    for (const tab of [a, b]) {
      await tab.hears([unreadable, unreadable, 'for the other key']); // it was asked once, for all tabs
      expect(tab.page.url()).toBe(link(foreign));
    }
    await reader.hears(['mine', 'still mine', unreadable]);
  });

  test('a key that comes to a room in one tab is in all, also where the room is shown', async () => {
    const { url } = await startServer();
    const link = `${url}#room=e-plans&key=${'A'.repeat(43)}`;
    await (await enter(link, 'Grace')).say('meet me at noon');
    const a = await enter(link.replace(/&key=.*/, ''), 'Ada');
    await a.hears(['This message cannot be read with the key of this link.']);
    await a.input.fill('a draft');
    await a.tab(link);
    await a.hears(['meet me at noon']);
    expect(await a.page.locator('#refusal').isVisible()).toBe(false);
    expect(await a.input.inputValue()).toBe('a draft');
    await a.say('I will');
    await a.hears(['meet me at noon', 'I will']);
  });

  test('search finds words of any language, and goes there, however far up it is', async () => {
    const { url } = await startServer({
      data: await dataFolder(),
      limits: { perSecond: 10_000, burst: 10_000 },
    });
    const other = await visitor(url, 'Grace');
    await other.say('昨晚地下室最低三度', ...Array.from({ length: 200 }, (_, index) => `filler ${index}`));
    const chat = await enter(url, 'Ada');
    await expect.poll(() => chat.texts.last().textContent(), PATIENCE).toBe('filler 199');
    await chat.page.locator('#open-search').click();
    await chat.page.locator('#search-input').fill('下室');
    await chat.page.locator('#search-input').press('Enter');
    const results = chat.page.locator('#search-results .result');
    await expect.poll(() => results.count(), PATIENCE).toBe(1);
    await results.click();
    const found = chat.messages.filter({ hasText: '昨晚地下室最低三度' });
    await expect.poll(() => found.evaluate((one) => one === document.activeElement), PATIENCE).toBe(true);
  });

  test('a message that is too far up to be shown is said to be, where it was found', async () => {
    const { url } = await startServer({
      data: await dataFolder(),
      limits: { perSecond: 10_000, burst: 10_000, historyPage: 1 },
    });
    const other = await visitor(url, 'Grace');
    await other.say('buried', ...Array.from({ length: 200 }, (_, index) => `filler ${index}`));
    const chat = await enter(url, 'Ada');
    await expect.poll(() => chat.texts.last().textContent(), PATIENCE).toBe('filler 199');
    await chat.page.locator('#open-search').click();
    await chat.page.locator('#search-input').fill('buried');
    await chat.page.locator('#search-input').press('Enter');
    await chat.page.locator('#search-results .result').click();
    const status = chat.page.locator('#search-status');
    await expect.poll(() => status.textContent(), PATIENCE).toMatch(/^This message cannot be shown/);
    expect(await status.isVisible()).toBe(true);
  });

  test('who looked for a message when the connection was lost is not brought to it later', async () => {
    const { url } = await startServer({
      data: await dataFolder(),
      limits: { perSecond: 10_000, burst: 10_000 },
    });
    const other = await visitor(url, 'Grace');
    await other.say('buried', ...Array.from({ length: 200 }, (_, index) => `filler ${index}`));
    const page = await open(url, WIDE);
    let isHeld = false;
    let held = 0;
    await page.routeWebSocket(/chat$/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((text) => {
        if (isHeld && String(text).includes('"history"')) held++;
        else server.send(text);
      });
    });
    await page.reload();
    const chat = await new ChatPage(page).signIn('Ada');
    await expect.poll(() => chat.texts.last().textContent(), PATIENCE).toBe('filler 199');
    isHeld = true;
    await page.locator('#open-search').click();
    await page.locator('#search-input').fill('buried');
    await page.locator('#search-input').press('Enter');
    await page.locator('#search-results .result').click();
    await expect.poll(() => held, PATIENCE).toBe(1);
    isHeld = false;
    await page.context().setOffline(true);
    await chat.is('waiting');
    await page.context().setOffline(false);
    await chat.is('open');
    const isAll = async () => {
      await chat.log.evaluate((log) => {
        log.scrollTop = 0;
      });
      return await chat.log.locator('.top.all').count();
    };
    await expect.poll(isAll, PATIENCE).toBe(1);
    const found = chat.messages.filter({ hasText: 'buried' });
    expect(await found.evaluate((one) => one === document.activeElement)).toBe(false);
  });

  test('what a slow search finds is not shown as found in another room', async () => {
    const { url } = await startServer({ data: await dataFolder() });
    await (await visitor(url, 'Grace', 'lobby')).say('a word in the lobby');
    await (await visitor(url, 'Grace', 'garden')).say('a word in the garden');
    const chat = await enter(url, 'Ada');
    const { page } = chat;
    const search = async () => {
      await page.locator('#search-input').fill('word');
      await page.locator('#search-input').press('Enter');
    };
    let release = () => {};
    const isHeld = new Promise<void>((resolve) => {
      void page.route(/lobby.search/, async (route) => {
        resolve();
        await new Promise<void>((go) => {
          release = go;
        });
        await route.continue();
      });
    });
    await page.locator('#open-search').click();
    await search();
    await isHeld;
    await page.getByRole('button', { name: 'Close' }).click();
    await chat.goTo('garden');
    await page.locator('#open-search').click();
    const results = page.locator('#search-results');
    const shown = await results.evaluateHandle((list) => {
      const texts: (string | null)[] = [];
      new MutationObserver(() => texts.push(list.textContent)).observe(list, { childList: true });
      return texts;
    });
    const answered = page.waitForResponse(/lobby.search/);
    release();
    await (await answered).finished();
    await search();
    await expect.poll(() => results.textContent(), PATIENCE).toContain('in the garden');
    for (const texts of await shown.jsonValue()) expect(texts).not.toContain('in the lobby');
  });

  test('the title of the tab counts what is unread, after consent', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada');
    await chat.goTo('garden');
    await chat.goTo('lobby');
    const other = await visitor(url, 'Grace', 'garden');
    await other.say('one');
    await expect.poll(() => unread(chat, 'garden'), PATIENCE).toBe('1');
    expect(await chat.page.title()).toBe('barewire chat');
    await chat.page.locator('#open-settings').click();
    await chat.page.getByRole('checkbox', { name: /title of the tab/ }).check();
    await expect.poll(() => chat.page.title(), PATIENCE).toBe('(1) barewire chat');
    await chat.page.keyboard.press('Escape');
    await chat.goTo('garden');
    await expect.poll(() => chat.page.title(), PATIENCE).toBe('barewire chat');
  });

  test('in a room for very many only their number is shown, and the page says what else is different', async () => {
    const { url } = await startServer({ limits: { crowd: 2 } });
    const chat = await enter(url, 'Ada');
    await visitor(url, 'Grace');
    await visitor(url, 'Edsger');
    await expect.poll(() => chat.page.locator('#people-title').textContent(), PATIENCE).toBe('3 people here');
    await expect
      .poll(() => chat.page.locator('#crowd-note').textContent(), PATIENCE)
      .toContain('Very many are here');
    await chat.say('one', 'two');
    await chat.hears(['one', 'two']);
  });
});
