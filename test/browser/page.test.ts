/** The page that is shipped, in Chromium, served by the command. */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { Member } from '../chat/member.ts';
import { BarewireCommand } from '../support/barewire-command.ts';
import { chromium, useChromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';

/** The machine may be busy; what should come comes at once as a rule. */
const PATIENCE = { timeout: 15_000, interval: 20 };

async function startChat(port = 0) {
  const command = BarewireCommand.start(['chat', '--port', String(port)]);
  const listensOn = await command.port();
  return { command, port: listensOn, url: `http://localhost:${listensOn}/` };
}

/** The page as its user sees it. */
class Chat {
  readonly page: Page;
  readonly log: Locator;
  readonly input: Locator;
  readonly send: Locator;

  constructor(page: Page) {
    this.page = page;
    this.log = page.locator('#chat-log');
    this.input = page.locator('#message-input');
    this.send = page.locator('#send-button');
  }

  async is(state: 'open' | 'waiting' | 'connecting' | 'stopped'): Promise<void> {
    await this.page.locator(`html[data-state=${state}]`).waitFor({ state: 'attached' });
  }

  async say(text: string): Promise<void> {
    await this.input.fill(text);
    await this.input.press('Enter');
  }

  /** The texts in the log, when there are so many. */
  async hears(texts: string[]): Promise<void> {
    await expect.poll(() => this.log.locator('.message p').allTextContents(), PATIENCE).toEqual(texts);
  }

  /** How far the log is from its end, in pixels. */
  distanceToBottom(): Promise<number> {
    return this.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  }
}

describe.skipIf(leftOutWithout(chromium))('the page in Chromium', () => {
  const { open } = useChromium();

  async function enter(url: string, options?: Parameters<typeof open>[1]): Promise<Chat> {
    const chat = new Chat(await open(url, options));
    await chat.is('open');
    return chat;
  }

  test('two windows see the messages of both in the same order, and know their own', async () => {
    const { url } = await startChat();
    const [a, b] = [await enter(url), await enter(url)];
    await a.say('hello from a');
    await b.hears(['hello from a']);
    await b.say('hello from b');
    for (const chat of [a, b]) await chat.hears(['hello from a', 'hello from b']);
    expect(await a.log.locator('.own p').allTextContents()).toEqual(['hello from a']);
    expect(await b.log.locator('.own p').allTextContents()).toEqual(['hello from b']);
    expect(await a.input.inputValue()).toBe('');
  });

  test('a message is text, whatever it looks like', async () => {
    const { url } = await startChat();
    const [a, b] = [await enter(url), await enter(url)];
    const texts = [
      '<img src=x onerror=alert(1)>',
      '<script>alert(2)</script>',
      'javascript:alert(3)',
      '&lt;b&gt; &amp;',
      '  two\n\nlines  ',
      '\u202Ereversed',
    ];
    for (const text of texts) await a.say(text);
    for (const chat of [a, b]) {
      await chat.hears(texts);
      expect(await chat.log.locator('img, script, b, a').count()).toBe(0);
    }
    expect((await b.log.locator('.message p').allInnerTexts())[4]).toBe('  two\n\nlines  ');
  });

  test('everything comes from the server itself, and all of it is there', async () => {
    const { url } = await startChat();
    const page = await open('about:blank');
    const answers = new Map<string, number>();
    page.on('request', (request) => answers.set(request.url(), 0));
    page.on('response', (response) => answers.set(response.url(), response.status()));
    await page.goto(url);
    await new Chat(page).is('open');
    const names = ['', 'style.css', 'chat.js', 'composer.js', 'connection.js', 'log.js', 'status.js'];
    expect([...answers.keys()]).toEqual(expect.arrayContaining(names.map((name) => url + name)));
    for (const one of answers.keys()) expect(one.startsWith(url), one).toBe(true);
    await expect.poll(() => [...new Set(answers.values())], PATIENCE).toEqual([200]);
  });

  test('when the server stops and starts again, both windows come back by themselves', async () => {
    const first = await startChat();
    const [a, b] = [await enter(first.url), await enter(first.url)];
    for (const { page } of [a, b]) await page.evaluate(() => Object.assign(window, { __same: 1 }));
    await a.say('before');
    await b.hears(['before']);
    await first.command.stop();
    for (const chat of [a, b]) {
      await chat.is('waiting');
      expect(await chat.log.locator('.note.lost').textContent()).toContain('(1001)');
      expect(await chat.send.isDisabled()).toBe(true);
    }
    await startChat(first.port);
    for (const chat of [a, b]) {
      await chat.is('open');
      await chat.log.locator('.note.back').waitFor();
    }
    await b.say('after');
    for (const chat of [a, b]) {
      await chat.hears(['before', 'after']);
      expect(await chat.page.evaluate(() => '__same' in window)).toBe(true);
      expect(await chat.page.locator('#status').textContent()).toBe('Connected');
    }
  });

  test('"Try now" does not wait for the next attempt', async () => {
    const first = await startChat();
    const chat = await enter(first.url);
    await chat.page.evaluate(() => {
      Math.random = () => 1_000; // the next attempt is minutes away
    });
    await first.command.stop();
    await chat.is('waiting');
    await startChat(first.port);
    const button = chat.page.getByRole('button', { name: 'Try now' });
    await button.click();
    await chat.is('open');
    expect(await button.isVisible()).toBe(false);
  });

  test('what is written while there is no connection stays, and is sent afterwards', async () => {
    const first = await startChat();
    const chat = await enter(first.url);
    await first.command.stop();
    await chat.is('waiting');
    await chat.say('written in the dark');
    expect(await chat.input.inputValue()).toBe('written in the dark');
    await startChat(first.port);
    await chat.is('open');
    expect(await chat.input.inputValue()).toBe('written in the dark');
    await chat.input.press('Enter');
    await chat.hears(['written in the dark']);
    expect(await chat.input.inputValue()).toBe('');
  });

  test('what was sent and never came back returns to the input', async () => {
    const { command, url } = await startChat();
    const chat = await enter(url);
    command.signal('SIGSTOP'); // the server's machine hangs
    await chat.say('into the void');
    await chat.say('and again');
    await chat.input.fill('half a senten');
    await command.stop('SIGKILL');
    await chat.is('waiting');
    expect(await chat.input.inputValue()).toBe('into the void\nand again\nhalf a senten');
    expect(await chat.log.locator('.note.lost').textContent()).toContain('not confirmed');
    expect(await chat.log.locator('.message').count()).toBe(0);
  });

  test('what is written is there again when its writer has been elsewhere meanwhile', async () => {
    const { url } = await startChat();
    const chat = await enter(url);
    await chat.input.fill('a draft');
    await chat.page.goto('about:blank');
    await chat.page.goto(url);
    await chat.is('open');
    expect(await chat.input.inputValue()).toBe('a draft');
  });

  test('when the network goes, the page says so, and comes back with it', async () => {
    const { url } = await startChat();
    const chat = await enter(url);
    await chat.page.context().setOffline(true);
    await chat.is('waiting');
    expect(await chat.page.locator('#status').textContent()).toBe('Offline');
    await chat.page.context().setOffline(false);
    await chat.is('open');
    await chat.say('back');
    await chat.hears(['back']);
  });

  test('Enter sends, Shift + Enter begins a line', async () => {
    const { url } = await startChat();
    const chat = await enter(url);
    await chat.input.pressSequentially('one');
    await chat.input.press('Shift+Enter');
    await chat.input.pressSequentially('two');
    await chat.input.press('Enter');
    await chat.hears(['one\ntwo']);
  });

  test('Enter in a composition belongs to the input method, and sends nothing', async () => {
    const { url } = await startChat();
    const chat = await enter(url);
    const ime = await chat.page.context().newCDPSession(chat.page);
    await chat.input.focus();
    await ime.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
    await chat.input.evaluate((input) => {
      input.addEventListener('keydown', (event) => {
        input.dataset['composing'] ??= String((event as KeyboardEvent).isComposing);
      });
    });
    // The key alone: the input method keeps from the page what it would insert.
    const enterKey = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 };
    await ime.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enterKey });
    expect(await chat.input.getAttribute('data-composing')).toBe('true');
    expect(await chat.input.inputValue()).toBe('にほん');
    await ime.send('Input.insertText', { text: '日本' });
    await chat.page.keyboard.press('Enter');
    await chat.hears(['日本']);
  });

  test('Enter with key code 229, as Safari reports it after a composition, sends nothing', async () => {
    const { url } = await startChat();
    const chat = await enter(url);
    const pressEnter = (how: { keyCode?: number; isComposing?: boolean }) =>
      chat.input.evaluate((input, init) => {
        const event = { key: 'Enter', bubbles: true, cancelable: true, ...init };
        input.dispatchEvent(new KeyboardEvent('keydown', event));
      }, how);
    await chat.input.fill('not yet');
    await pressEnter({ keyCode: 229 });
    await pressEnter({ isComposing: true });
    expect(await chat.input.inputValue()).toBe('not yet');
    await chat.input.fill('now');
    await pressEnter({ keyCode: 13 });
    await chat.hears(['now']);
  });

  test('nothing is sent when nothing is written', async () => {
    const { url } = await startChat();
    const chat = await enter(url);
    for (const text of ['', '   ', '\n']) await chat.say(text);
    await chat.say('something');
    await chat.hears(['something']);
  });

  test('the log follows the newest message unless its reader has scrolled up', async () => {
    const { port, url } = await startChat();
    const a = await enter(url);
    const b = await Member.join(`ws://localhost:${port}/chat`);
    const texts = Array.from({ length: 60 }, (_, index) => `message ${index}`);
    for (const text of texts) b.say(text);
    await a.hears(texts);
    expect(await a.log.evaluate((log) => log.scrollHeight > 2 * log.clientHeight)).toBe(true);
    await expect.poll(() => a.distanceToBottom(), PATIENCE).toBeLessThan(2);

    await a.log.hover();
    await a.page.mouse.wheel(0, -400);
    await expect.poll(() => a.distanceToBottom(), PATIENCE).toBeGreaterThan(300);
    const before = await a.log.evaluate((log) => log.scrollTop);
    b.say('unseen');
    await a.hears([...texts, 'unseen']);
    const jump = a.page.getByRole('button', { name: 'New messages' });
    await jump.waitFor();
    expect(await a.log.evaluate((log) => log.scrollTop)).toBe(before);

    await jump.click();
    await expect.poll(() => a.distanceToBottom(), PATIENCE).toBeLessThan(2);
    expect(await jump.isVisible()).toBe(false);
    b.say('seen');
    await a.hears([...texts, 'unseen', 'seen']);
    await expect.poll(() => a.distanceToBottom(), PATIENCE).toBeLessThan(2);
  });

  test('who scrolled up and speaks is brought to the newest message', async () => {
    const { port, url } = await startChat();
    const chat = await enter(url);
    const other = await Member.join(`ws://localhost:${port}/chat`);
    const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`);
    for (const text of texts) other.say(text);
    await chat.hears(texts);
    await chat.log.evaluate(
      (log) =>
        new Promise((resolve) => {
          log.addEventListener('scroll', resolve, { once: true });
          log.scrollTo(0, 0);
        }),
    );
    await chat.say('mine');
    await chat.hears([...texts, 'mine']);
    await expect.poll(() => chat.distanceToBottom(), PATIENCE).toBeLessThan(2);
  });

  test('it speaks Chinese to whoever reads Chinese', async () => {
    const { url } = await startChat();
    const chat = await enter(url, { locale: 'zh-CN' });
    expect(await chat.page.title()).toBe('barewire 聊天');
    expect(await chat.page.locator('html').getAttribute('lang')).toBe('zh-CN');
    expect(await chat.send.textContent()).toBe('发送');
    expect(await chat.page.locator('#status').textContent()).toBe('已连接');
    expect(await chat.page.getByRole('log', { name: '消息' }).count()).toBe(1);
    expect(await chat.page.getByRole('textbox', { name: '消息' }).count()).toBe(1);
    expect(await chat.input.getAttribute('placeholder')).toBe('消息');
    const [shown = ''] = await chat.page.locator('body').allInnerTexts();
    const latin = shown.match(/[A-Za-z]{2,}/g) ?? [];
    const names = ['barewire', 'ws', 'localhost', 'chat', 'OPEN', 'Enter', 'Shift'];
    expect(latin.filter((word) => !names.includes(word))).toEqual([]);
  });

  test.each(['fr-FR', 'de-DE'])('it speaks English to whoever reads neither: %s', async (locale) => {
    const { url } = await startChat();
    const chat = await enter(url, { locale });
    expect(await chat.page.locator('html').getAttribute('lang')).toBe('en');
    expect(await chat.send.textContent()).toBe('Send');
  });

  test.each([320, 768, 1920])('it fits into %i pixels without scrolling sideways', async (width) => {
    const { url } = await startChat();
    const chat = await enter(url, { viewport: { width, height: 480 } });
    await chat.say('a'.repeat(400));
    await chat.say('https://example.com/'.repeat(20));
    await chat.say('words and words '.repeat(20));
    await expect.poll(() => chat.log.locator('.message').count(), PATIENCE).toBe(3);
    await chat.input.fill('b'.repeat(300));
    for (const selector of ['html', 'body', '#chat-log', '#composer', '#message-input']) {
      const { scrollWidth, clientWidth } = await chat.page
        .locator(selector)
        .evaluate((element) => ({ scrollWidth: element.scrollWidth, clientWidth: element.clientWidth }));
      expect(scrollWidth, selector).toBeLessThanOrEqual(clientWidth);
    }
    const box = (await chat.send.boundingBox())!;
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    expect(box.y + box.height).toBeLessThanOrEqual(480);
    expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
  });

  test('it is dark where the system is, and readable in both', async () => {
    const { url } = await startChat();
    const backgrounds = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const chat = await enter(url, { colorScheme });
      await chat.say('hello');
      await chat.hears(['hello']);
      await chat.input.fill('x');
      const colors = await chat.page.evaluate(() => {
        const style = (selector: string) => getComputedStyle(document.querySelector(selector)!);
        const paper = style('html').backgroundColor;
        return {
          paper,
          pairs: [
            ['.message p', style('.message p').color, paper],
            ['.message time', style('.message time').color, paper],
            ['#wire', style('#wire').color, paper],
            ['.foot', style('.foot').color, paper],
            ['#send-button', style('#send-button').color, style('#send-button').backgroundColor],
          ] as [string, string, string][],
        };
      });
      backgrounds.push(colors.paper);
      for (const [selector, ink, paper] of colors.pairs) {
        expect(contrast(ink, paper), `${selector} in ${colorScheme}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(backgrounds[0]).not.toBe(backgrounds[1]);
  });

  test('what it is made of has names for those who do not see it', async () => {
    const { url } = await startChat();
    const chat = await enter(url);
    const { page } = chat;
    await chat.say('hello');
    await chat.hears(['hello']);
    const log = page.getByRole('log', { name: 'Messages' });
    expect(await log.getAttribute('aria-live')).toBe('polite');
    expect(await log.locator('.own').textContent()).toMatch(/^You/);
    expect(await page.getByRole('status').textContent()).toBe('Connected');
    expect(await page.getByRole('textbox', { name: 'Message' }).getAttribute('id')).toBe('message-input');
    expect(await page.locator('label[for=message-input]').textContent()).toBe('Message');
    expect(await page.getByRole('button', { name: 'Send' }).getAttribute('id')).toBe('send-button');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('barewire');
    expect(await page.getByRole('main').count()).toBe(1);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  test('it can be used by the keyboard alone', async () => {
    const { port, url } = await startChat();
    const chat = await enter(url);
    const { keyboard } = chat.page;
    const focused = () => chat.page.evaluate(() => document.activeElement?.id);
    expect(await focused()).toBe('message-input'); // ready to type
    await keyboard.type('by Enter');
    await keyboard.press('Enter');
    await chat.hears(['by Enter']);
    expect(await focused()).toBe('message-input');
    await keyboard.type('by the button');
    await keyboard.press('Tab');
    expect(await focused()).toBe('send-button');
    const outline = await chat.send.evaluate((button) => getComputedStyle(button).outlineStyle);
    expect(outline).not.toBe('none');
    await keyboard.press('Space');
    await chat.hears(['by Enter', 'by the button']);
    expect(await focused()).toBe('message-input');
    const other = await Member.join(`ws://localhost:${port}/chat`);
    for (let count = 0; count < 40; count++) other.say(String(count));
    await expect.poll(() => chat.log.locator('.message').count(), PATIENCE).toBe(42);
    await expect.poll(() => chat.distanceToBottom(), PATIENCE).toBeLessThan(2);
    await keyboard.press('Shift+Tab');
    expect(await focused()).toBe('chat-log');
    await keyboard.press('Home');
    await expect.poll(() => chat.log.evaluate((log) => log.scrollTop), PATIENCE).toBe(0);
    await keyboard.press('End');
    await expect.poll(() => chat.distanceToBottom(), PATIENCE).toBeLessThan(2);
  });
});

/** The contrast of two opaque colours as WCAG 2 counts it. */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const channels = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(color);
  if (channels === null) throw new Error(`not an opaque colour: ${color}`);
  const [red, green, blue] = channels.slice(1).map((text) => {
    const value = Number(text) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
