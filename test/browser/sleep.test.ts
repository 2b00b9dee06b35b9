/** The page that sleeps, or is hidden, while others talk: afterwards all of it is there once, in order. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { chromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';
import { ChatPage, dataFolder, PATIENCE, startServer, visitor } from './chat-page.ts';
import { startRealTabs } from './real-tabs.ts';

/** So that visitors can say much in little time. */
const FAST = { limits: { perSecond: 10_000, burst: 10_000 } };
/** More than the page takes for a timer that comes late: see world.js. */
const LONG_SLEEP_MS = 21_000;
/** A page that is visible asks so long after the last frame, at the latest; an answer may take so long. See line.js, connection.js. */
const SILENT_MS = 66_000;
const PROBE_MS = 5_000;
const SECRET = 's'.repeat(32);
const numbered = (word: string, count: number) => Array.from({ length: count }, (_, i) => `${word} ${i + 1}`);

/** A way to the server that can break as a cable does: what is sent gets nowhere, and nobody is told. New connections get through. */
async function startCable(target: number) {
  const pairs = new Set<[Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const end of [near, far]) end.on('error', () => {});
    pairs.add([near, far]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const end of [...pairs].flat()) end.destroy();
    server.close();
  });
  const cut = () => {
    for (const [near, far] of pairs) {
      near.unpipe(far);
      far.unpipe(near);
      near.resume();
      far.resume();
    }
  };
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, cut };
}

describe.skipIf(leftOutWithout(chromium))('a page that sleeps in Chromium', () => {
  async function enter(url: string) {
    const tabs = await startRealTabs();
    const chat = await new ChatPage(await tabs.open(url)).signIn('Ada');
    return { tabs, chat };
  }

  /** Scrolls up until the beginning of the room is there. */
  async function scrollUp(chat: ChatPage): Promise<void> {
    const isAll = async () => {
      await chat.log.evaluate((log) => {
        log.scrollTop = 0;
      });
      return await chat.log.locator('.top.all').count();
    };
    await expect.poll(isAll, PATIENCE).toBe(1);
  }

  test('frozen while the server is started again and others talk, it has everything once', async () => {
    const options = { ...FAST, data: await dataFolder(), secret: SECRET };
    const first = await startServer(options);
    const { tabs, chat } = await enter(first.url);
    await (await visitor(first.url, 'Grace')).say(...numbered('before', 5));
    await chat.hears(numbered('before', 5));
    const show = await tabs.hide(chat.page);
    const wake = await tabs.freeze(chat.page);
    await (await visitor(first.url, 'Grace')).say(...numbered('first', 70));
    await first.close();
    const { url } = await startServer(options, first.port);
    await (await visitor(url, 'Grace')).say(...numbered('second', 70));
    await wake();
    await show();
    await chat.is('open');
    await expect.poll(() => chat.texts.last().textContent(), PATIENCE).toBe('second 70');
    await scrollUp(chat);
    const all = [...numbered('before', 5), ...numbered('first', 70), ...numbered('second', 70)];
    await chat.hears(all);
    expect(await chat.log.locator('.gap').count()).toBe(0);
    expect(await chat.log.locator('.new + .message .text').textContent()).toBe('first 1');
    await chat.say('awake');
    await expect.poll(() => chat.texts.last().textContent(), PATIENCE).toBe('awake');
  });

  /** The page on a connection that can break, and somebody else on another, who has said something. */
  async function enterOnCable() {
    const { port, url } = await startServer(FAST);
    const cable = await startCable(port);
    const { tabs, chat } = await enter(cable.url);
    const other = await visitor(url, 'Grace');
    await other.say('before');
    await chat.hears(['before']);
    return { cable, tabs, chat, other };
  }

  test('on a machine that sleeps while its connection breaks without a word, it has everything once', {
    timeout: 90_000,
  }, async () => {
    const { cable, tabs, chat, other } = await enterOnCable();
    tabs.stop();
    cable.cut();
    await other.say(...numbered('asleep', 100));
    await sleep(LONG_SLEEP_MS);
    tabs.continue();
    // The socket looks open, and nobody tells the page: its clock does, and then a question that nobody answers.
    await expect.poll(() => chat.texts.count(), { ...PATIENCE, timeout: 40_000 }).toBe(101);
    await chat.hears(['before', ...numbered('asleep', 100)]);
    await chat.is('open');
  });

  test('hidden while its connection breaks without a word, it has everything once', async () => {
    const { cable, tabs, chat, other } = await enterOnCable();
    const show = await tabs.hide(chat.page);
    cable.cut();
    await other.say(...numbered('unheard', 100));
    await show();
    await expect.poll(() => chat.texts.count(), { ...PATIENCE, timeout: 30_000 }).toBe(101);
    await chat.hears(['before', ...numbered('unheard', 100)]);
    await chat.is('open');
  });

  test('visible and idle while its connection breaks without a word, it notices, and has everything once', async () => {
    const { port, url } = await startServer(FAST);
    const cable = await startCable(port);
    const tabs = await startRealTabs();
    const page = await tabs.open('about:blank');
    await page.clock.install();
    const probes: unknown[] = [];
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const frame = JSON.parse(String(payload));
        if (frame.type === 'history') probes.push(frame.room);
      }),
    );
    await page.goto(cable.url);
    const chat = await new ChatPage(page).signIn('Ada');
    await page.clock.runFor(SILENT_MS);
    await expect.poll(() => probes, PATIENCE).toEqual(['lobby']); // a question a minute, and an answer
    await page.clock.runFor(PROBE_MS);
    await chat.is('open');
    cable.cut();
    await (await visitor(url, 'Grace')).say(...numbered('unheard', 10));
    await page.clock.runFor(SILENT_MS); // PROBE_MS have gone by since the answer
    await chat.hears(numbered('unheard', 10));
    await chat.is('open');
    expect(probes).toEqual(['lobby']);
  });

  // Chromium closes the connection of a page that it wakes, though the server is still there.
  test('frozen for a while with a server that stays, it has everything once', async () => {
    const { url } = await startServer(FAST);
    const { tabs, chat } = await enter(url);
    const other = await visitor(url, 'Grace');
    await other.say('before');
    await chat.hears(['before']);
    const show = await tabs.hide(chat.page);
    const wake = await tabs.freeze(chat.page);
    await other.say(...numbered('asleep', 100));
    await wake();
    await show();
    await chat.hears(['before', ...numbered('asleep', 100)]);
    await chat.is('open');
  });

  test('hidden behind another tab, it goes on, and says how much is unread', async () => {
    const { url } = await startServer(FAST);
    const { tabs, chat } = await enter(url);
    await chat.page.locator('#open-settings').click();
    await chat.page.getByRole('checkbox', { name: /title of the tab/ }).check();
    await chat.page.keyboard.press('Escape');
    const other = await visitor(url, 'Grace');
    await other.say('before');
    await chat.hears(['before']);
    const show = await tabs.hide(chat.page);
    await other.say(...numbered('hidden', 100));
    await expect.poll(() => chat.page.title(), PATIENCE).toBe('(100) barewire chat');
    await chat.hears(['before', ...numbered('hidden', 100)]);
    await show();
    await expect.poll(() => chat.page.title(), PATIENCE).toBe('barewire chat');
    expect(await chat.log.locator('.new + .message .text').textContent()).toBe('hidden 1');
    await chat.hears(['before', ...numbered('hidden', 100)]);
  });
});
