/** The page that is shipped, in Chromium: signing in, names, history, languages, sizes, names for those who do not see it. */
import { describe, expect, test } from 'vitest';
import { Member } from '../chat/member.ts';
import { chromium, useChromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';
import { ChatPage, dataFolder, PATIENCE, startCommand, startServer, visitor } from './chat-page.ts';

describe.skipIf(leftOutWithout(chromium))('the page in Chromium', () => {
  const { open } = useChromium();

  async function enter(url: string, name: string, options?: Parameters<typeof open>[1]): Promise<ChatPage> {
    return await new ChatPage(await open(url, options)).signIn(name);
  }

  test('two windows see the messages of both in the same order, and know their own', async () => {
    const { url } = await startServer();
    const [a, b] = [await enter(url, 'Ada'), await enter(url, 'Grace')];
    await a.say('hello from a');
    await b.hears(['hello from a']);
    await b.say('hello from b');
    for (const chat of [a, b]) await chat.hears(['hello from a', 'hello from b']);
    expect(await a.log.locator('.own .text').allTextContents()).toEqual(['hello from a']);
    expect(await b.log.locator('.own .text').allTextContents()).toEqual(['hello from b']);
    expect(await a.log.locator('.by').allTextContents()).toEqual(['You', 'Grace']);
    expect(await b.log.locator('.by').allTextContents()).toEqual(['Ada', 'You']);
    expect(await a.input.inputValue()).toBe('');
  });

  test('a name is remembered by the cookie, and keeps its colour', async () => {
    const { url } = await startServer();
    const [a, b] = [await enter(url, 'Ada'), await enter(url, 'Grace')];
    await a.say('hello');
    await b.hears(['hello']);
    const colour = () => b.log.locator('.name').evaluate((name) => getComputedStyle(name).color);
    const before = await colour();
    for (const chat of [a, b]) await chat.page.reload();
    for (const chat of [a, b]) await chat.is('open');
    await b.hears(['hello']);
    expect(await a.page.locator('#my-name').textContent()).toBe('Ada');
    expect(await a.page.locator('#sign-in').isVisible()).toBe(false);
    expect(await colour()).toBe(before);
    expect(await a.log.locator('.own').count()).toBe(1);
  });

  test('a name that cannot be one is refused in words, and asked for again', async () => {
    const { url } = await startServer();
    const page = await open(url);
    for (const name of ['', '   ', 'x'.repeat(33), 'back\u202Ewards']) {
      await page.locator('#name').fill(name);
      await page.locator('#name').press('Enter');
      const error = page.locator('#sign-in-error');
      await expect.poll(() => error.textContent(), PATIENCE).toContain('1 to 32 characters');
      await page.locator('#name').fill('');
    }
    await new ChatPage(page).signIn('x'.repeat(32));
  });

  test('with accounts: made, signed in to again, and not with a wrong password', async () => {
    const { url } = await startServer({ auth: true });
    const page = await open(url);
    await page.getByRole('button', { name: 'I have no account yet' }).click();
    await page.locator('#name').fill('Ada');
    await page.locator('#password').fill('short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect.poll(() => page.locator('#sign-in-error').textContent(), PATIENCE).toContain('8 to 256');
    await page.locator('#password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Create account' }).click();
    const chat = new ChatPage(page);
    await chat.is('open');
    await chat.say('hello');
    await chat.hears(['hello']);

    await page.locator('#open-settings').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#sign-in').waitFor();
    expect(await page.locator('#sign-in-reason').textContent()).toBe('');
    await page.locator('#password').fill('wrong horse battery');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect
      .poll(() => page.locator('#sign-in-error').textContent(), PATIENCE)
      .toContain('do not belong');
    await page.locator('#password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await chat.is('open');
    await chat.hears(['hello']);
    expect(await chat.log.locator('.own').count()).toBe(1);
  });

  test('history is there after the server was killed and started again, and after a reload', async () => {
    const data = await dataFolder();
    const first = await startCommand({ data });
    const [a, b] = [await enter(first.url, 'Ada'), await enter(first.url, 'Grace')];
    await a.say('one', 'two');
    await b.hears(['one', 'two']);
    await first.command.stop('SIGKILL');
    for (const chat of [a, b]) await chat.is('waiting');
    await startCommand({ data, port: first.port });
    for (const chat of [a, b]) await chat.is('open');
    await b.say('three');
    for (const chat of [a, b]) await chat.hears(['one', 'two', 'three']);
    for (const chat of [a, b]) await chat.page.reload();
    for (const chat of [a, b]) {
      await chat.is('open');
      await chat.hears(['one', 'two', 'three']);
    }
    const late = await enter(first.url, 'Late');
    await late.hears(['one', 'two', 'three']);
  });

  test('where nothing is kept, the page says so, and when it is gone, that the room has begun anew', async () => {
    const first = await startServer({ secret: 's'.repeat(32) });
    const chat = await enter(first.url, 'Ada');
    expect(await chat.page.locator('#empty-storage').textContent()).toContain('until the server stops');
    await chat.say('soon gone');
    await chat.hears(['soon gone']);
    await first.close();
    await chat.is('waiting');
    const { url } = await startServer({ secret: 's'.repeat(32) }, first.port);
    await chat.is('open');
    await expect
      .poll(() => chat.log.locator('.gap').allTextContents(), PATIENCE)
      .toEqual(['The room has begun anew. What is above is no longer on the server.']);
    const other = await visitor(url, 'Grace');
    await other.say('first of the new ones');
    await chat.hears(['soon gone', 'first of the new ones']);
  });

  test('what is written in any field is text, whatever it looks like', async () => {
    const { url } = await startServer();
    const evil = '<img src=x onerror=alert(1)>';
    const [a, b] = [await enter(url, evil), await enter(url, 'Grace')];
    const texts = [
      evil,
      '<script>alert(2)</script>',
      'javascript:alert(3)',
      '&lt;b&gt; &amp;',
      '  two\n\nlines  ',
      '\u202Ereversed',
      '"><svg onload=alert(4)>',
    ];
    await a.say(...texts);
    for (const chat of [a, b]) {
      await chat.hears(texts);
      expect(await chat.log.locator('img, script, svg, b, a').count()).toBe(0);
    }
    expect((await b.texts.allInnerTexts())[4]).toBe('  two\n\nlines  ');
    await b.hears(texts);
    expect(await b.log.locator('.by').first().textContent()).toBe(evil);
    await expect.poll(() => b.page.locator('#people-list').textContent(), PATIENCE).toContain(evil);

    await b.page.locator('#new-room').click();
    await b.page.locator('#room-name').fill('<script>alert(5)</script>');
    await b.page.locator('#room-name').press('Enter');
    await expect
      .poll(() => b.page.locator('#room-title').textContent(), PATIENCE)
      .toBe('script-alert-5-script');
    await b.goTo('lobby');
    await b.page.locator('#open-search').click();
    await b.page.locator('#search-input').fill('" OR <script>alert(6)</script> *');
    await b.page.locator('#search-input').press('Enter');
    await expect.poll(() => b.page.locator('#search-status').textContent(), PATIENCE).not.toBe('');
    expect(await b.page.locator('#search-results').locator('img, script, svg').count()).toBe(0);
    await b.page.evaluate(() => {
      location.hash = '#room=<img src=x onerror=alert(7)>&key="><script>';
    });
    for (const _ of ['clears', 'closes']) await b.page.keyboard.press('Escape');
    await b.say('still here');
    await a.hears([...texts, 'still here']);
  });

  test('links are links, and only those of the web', async () => {
    const { url } = await startServer();
    const [a, b] = [await enter(url, 'Ada'), await enter(url, 'Grace')];
    await a.say(
      'see https://example.com/a_(b)?c=1&d=2. 见https://example.org/x。好 and javascript:alert(1) ftp://no',
    );
    await expect.poll(() => b.log.locator('a').count(), PATIENCE).toBe(2);
    const links = await b.log
      .locator('a')
      .evaluateAll((all) =>
        all.map((link) => [link.getAttribute('href'), link.getAttribute('rel'), link.getAttribute('target')]),
      );
    expect(links).toEqual([
      ['https://example.com/a_(b)?c=1&d=2', 'noopener noreferrer', '_blank'],
      ['https://example.org/x', 'noopener noreferrer', '_blank'],
    ]);
  });

  test('names of both directions stand side by side without turning each other round', async () => {
    const { url } = await startServer();
    const [a, b] = [await enter(url, 'محمد (1)'), await enter(url, 'Grace')];
    await a.say('hello');
    await b.hears(['hello']);
    const name = b.log.locator('bdi.name');
    expect(await name.textContent()).toBe('محمد (1)');
    expect(await name.evaluate((element) => getComputedStyle(element).unicodeBidi)).toBe('isolate');
    await a.page.evaluate(() => {
      const typing = document.querySelector('#typing')!;
      const note = () =>
        Reflect.set(globalThis, 'typing', `${Reflect.get(globalThis, 'typing') ?? ''} ${typing.textContent}`);
      new MutationObserver(note).observe(typing, { childList: true, characterData: true, subtree: true });
    });
    await a.input.pressSequentially('x');
    await expect
      .poll(() => b.page.locator('#typing').textContent(), PATIENCE)
      .toBe('\u2068محمد (1)\u2069 is typing');
    await b.input.pressSequentially('x');
    await expect.poll(() => a.page.locator('#typing').textContent(), PATIENCE).toContain('Grace');
    expect(await a.page.evaluate(() => Reflect.get(globalThis, 'typing'))).not.toContain('محمد');
    await a.say('أهلا');
    await b.hears(['hello', 'أهلا']);
    expect(await b.texts.last().evaluate((text) => getComputedStyle(text).direction)).toBe('rtl');
  });

  test('the article’s client and the page talk in the lobby', async () => {
    const { port, url } = await startServer();
    const chat = await enter(url, 'Ada');
    const plain = await Member.join(`ws://localhost:${port}/chat`);
    plain.say('from the article');
    await chat.hears(['from the article']);
    expect(await chat.log.locator('.by').textContent()).toBe('someone without a name');
    await chat.say('from the page');
    expect((await plain.hears(2)).at(-1)).toBe('from the page');
  });

  test('everything comes from the server itself, and all of it is there', async () => {
    const { url } = await startServer();
    const page = await open('about:blank');
    const answers = new Map<string, number>();
    page.on('request', (request) => answers.set(request.url(), 0));
    page.on('response', (response) => answers.set(response.url(), response.status()));
    await page.goto(url);
    await new ChatPage(page).signIn('Ada');
    const names = [
      '',
      'style.css',
      'log.css',
      'panels.css',
      'sign-in.css',
      'forced-colors.css',
      'chat.js',
      'timeline.js',
      'strings.en.js',
    ];
    expect([...answers.keys()]).toEqual(expect.arrayContaining(names.map((name) => url + name)));
    for (const one of answers.keys()) expect(one.startsWith(url), one).toBe(true);
    expect([...new Set(answers.values())]).toEqual([200]);
  });

  test.each([
    ['zh-CN', 'zh-Hans', '发送', '已连接', '怎么称呼你？'],
    ['zh-TW', 'zh-Hant', '傳送', '已連線', '怎麼稱呼你？'],
    ['zh-HK', 'zh-Hant', '傳送', '已連線', '怎麼稱呼你？'],
    ['zh-Hans-HK', 'zh-Hans', '发送', '已连接', '怎么称呼你？'],
  ])('it speaks to a reader of %s', async (locale, lang, send, open_, question) => {
    const { url } = await startServer();
    const page = await open(url, { locale, viewport: { width: 1440, height: 900 } });
    expect(await page.locator('#sign-in h1').textContent()).toBe(question);
    const chat = await new ChatPage(page).signIn('小雨');
    expect(await page.locator('html').getAttribute('lang')).toBe(lang);
    expect(await chat.send.textContent()).toBe(send);
    expect(await page.locator('#status').textContent()).toBe(open_);
    const [shown = ''] = await page.locator('body').allInnerTexts();
    const latin = shown.match(/[A-Za-z]{2,}/g) ?? [];
    const names = ['barewire', 'ws', 'localhost', 'chat', 'OPEN', 'Enter', 'Shift', 'lobby'];
    expect(latin.filter((word) => !names.includes(word))).toEqual([]);
  });

  test.each(['fr-FR', 'de-DE'])('it speaks English to a reader of neither: %s', async (locale) => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada', { locale });
    expect(await chat.page.locator('html').getAttribute('lang')).toBe('en');
    expect(await chat.send.textContent()).toBe('Send');
    await chat.say('hello');
    await chat.hears(['hello']);
    await chat.page.clock.setFixedTime(Date.now() + 3 * 86_400_000);
    await chat.page.reload();
    await expect
      .poll(() => chat.log.locator('.day').textContent(), PATIENCE)
      .toMatch(/^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, /);
  });

  test('the language is switched at once, everywhere, and stays', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada');
    await chat.say('hello');
    await chat.hears(['hello']);
    await chat.page.locator('#open-settings').click();
    await chat.page.locator('#settings-language').selectOption('zh-Hant');
    await chat.page.keyboard.press('Escape');
    expect(await chat.page.locator('#status').textContent()).toBe('已連線');
    expect(await chat.send.textContent()).toBe('傳送');
    expect(await chat.log.locator('.day').textContent()).toBe('今天');
    expect(await chat.log.locator('.by').textContent()).toBe('我');
    await chat.page.reload();
    await chat.is('open');
    expect(await chat.send.textContent()).toBe('傳送');
  });

  test.each([320, 360, 768, 1440, 1920])(
    'it fits into %i pixels without scrolling sideways',
    async (width) => {
      const { url } = await startServer();
      const chat = await enter(url, 'W'.repeat(32), { viewport: { width, height: 480 } });
      const other = await visitor(url, 'M'.repeat(32));
      await other.say('a'.repeat(400), 'https://example.com/'.repeat(20));
      await chat.say('words and words '.repeat(20));
      await expect.poll(() => chat.messages.count(), PATIENCE).toBe(3);
      await chat.input.fill('b'.repeat(300));
      for (const selector of ['html', 'body', '#chat-log', '#composer', '#message-input', 'header']) {
        const { scrollWidth, clientWidth } = await chat.page
          .locator(selector)
          .evaluate((element) => ({ scrollWidth: element.scrollWidth, clientWidth: element.clientWidth }));
        expect(scrollWidth, selector).toBeLessThanOrEqual(clientWidth);
      }
      const box = (await chat.send.boundingBox())!;
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.y + box.height).toBeLessThanOrEqual(480);
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
    },
  );

  test('it can be used by the keyboard alone', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada', { viewport: { width: 1440, height: 900 } });
    const { keyboard } = chat.page;
    const focused = () =>
      chat.page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent);
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
    // The last message is changed, another one is deleted.
    await keyboard.press('ArrowUp');
    expect(await chat.input.inputValue()).toBe('by the button');
    await keyboard.type('!');
    await keyboard.press('Enter');
    await expect
      .poll(() => chat.texts.allTextContents(), PATIENCE)
      .toEqual(['by Enter', 'by the button! edited']);
    await keyboard.press('Shift+Tab');
    expect(await focused()).toBe('chat-log');
    await keyboard.press('ArrowUp');
    await keyboard.press('ArrowUp');
    await keyboard.press('Tab');
    expect(await focused()).toBe('Edit');
    await keyboard.press('Tab');
    expect(await focused()).toBe('Delete');
    await keyboard.press('Enter');
    await chat.page.locator('#delete-dialog[open]').waitFor();
    await keyboard.press('Enter');
    await expect.poll(() => chat.texts.first().textContent(), PATIENCE).toBe('Message deleted');
  });

  test('what it is made of has names for those who do not see it', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada', { viewport: { width: 1440, height: 900 } });
    const { page } = chat;
    const other = await visitor(url, 'Grace');
    await other.say('hello');
    await chat.hears(['hello']);
    await expect.poll(() => page.locator('#announcer').textContent(), PATIENCE).toBe('Grace: hello');
    expect(await page.getByRole('log', { name: 'Messages' }).count()).toBe(1);
    expect(await page.locator('#status').getAttribute('role')).toBe('status');
    expect(await page.getByRole('textbox', { name: 'Message to lobby' }).count()).toBe(1);
    expect(await page.getByRole('button', { name: 'Send' }).count()).toBe(1);
    expect(await page.getByRole('button', { name: 'Search' }).count()).toBe(1);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('lobby');
    expect(await page.getByRole('navigation', { name: 'Rooms' }).count()).toBe(1);
    expect(await page.getByRole('link', { name: 'lobby' }).getAttribute('aria-current')).toBe('page');
    expect(await page.getByRole('main').count()).toBe(1);
  });

  test('nothing moves for those who do not want it', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada', { reducedMotion: 'reduce' });
    await chat.say('one', 'two');
    await chat.hears(['one', 'two']);
    const animations = await chat.page.evaluate(() => document.getAnimations().length);
    expect(animations).toBe(0);
  });
});
