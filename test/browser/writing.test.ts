/** What is written reaches everybody once, however it is written, and nothing of it is lost. */
import { describe, expect, test } from 'vitest';
import { chromium, useChromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';
import { ChatPage, dataFolder, PATIENCE, startCommand, startServer } from './chat-page.ts';

describe.skipIf(leftOutWithout(chromium))('what is written in Chromium', () => {
  const { open } = useChromium();

  async function enter(url: string, name: string): Promise<ChatPage> {
    return await new ChatPage(await open(url)).signIn(name);
  }

  test('by an input method is sent by the Enter after the one that ends the composition', async () => {
    const { url } = await startServer();
    const [a, b] = [await enter(url, 'Ada'), await enter(url, 'Grace')];
    const debug = await a.page.context().newCDPSession(a.page);
    await a.input.focus();
    await debug.send('Input.imeSetComposition', { text: 'ni', selectionStart: 2, selectionEnd: 2 });
    await debug.send('Input.dispatchKeyEvent', {
      type: 'rawKeyDown',
      key: 'Process',
      code: 'Enter',
      windowsVirtualKeyCode: 229,
    });
    expect(await a.texts.count()).toBe(0);
    await debug.send('Input.insertText', { text: '你好' });
    expect(await a.input.inputValue()).toBe('你好');
    await a.input.press('Enter');
    await b.hears(['你好']);
  });

  test('in 10,000 characters arrives whole', async () => {
    const { url } = await startServer();
    const [a, b] = [await enter(url, 'Ada'), await enter(url, 'Grace')];
    const text = '汉字 and letters '.repeat(625);
    await paste(a, text);
    await a.input.press('Enter');
    await b.hears([text]);
  });

  test('in 2 MB is refused in words, and Send does not repeat it', async () => {
    const { url } = await startServer();
    const [a, b] = [await enter(url, 'Ada'), await enter(url, 'Grace')];
    await paste(a, 'x'.repeat(2_000_000));
    await expect
      .poll(() => a.page.locator('#composer').textContent(), PATIENCE)
      .toMatch(/too long|at most|too large/i);
    await a.input.press('Enter');
    await a.input.press('Enter');
    await a.input.fill('short');
    await a.input.press('Enter');
    await b.hears(['short']);
  });

  test('while the server is away survives a reload, and is sent once when it is back', async () => {
    const data = await dataFolder();
    const first = await startCommand({ data });
    const [a, b] = [await enter(first.url, 'Ada'), await enter(first.url, 'Grace')];
    await a.say('before');
    await b.hears(['before']);
    await first.command.stop('SIGKILL');
    await a.is('waiting');
    await a.say('one', 'two');
    await expect.poll(() => a.log.locator('.pending').count(), PATIENCE).toBe(2);
    const second = await startCommand({ data, port: first.port });
    expect(second.port).toBe(first.port);
    for (const chat of [a, b]) await chat.page.reload();
    for (const chat of [a, b]) await chat.is('open');
    for (const chat of [a, b]) await chat.hears(['before', 'one', 'two']);
  });

  test.each([
    ['upright', 'en-US', { width: 360, height: 740 }, 'Save', 'Cancel'],
    ['on its side', 'zh-CN', { width: 740, height: 360 }, '保存', '取消'],
    ['upright', 'zh-TW', { width: 320, height: 640 }, '儲存', '取消'],
  ])('on a phone %s in %s can be left as it was', async (_, locale, viewport, save, cancel) => {
    const { url } = await startServer();
    const page = await open(url, { locale, viewport, hasTouch: true, isMobile: true });
    const chat = await new ChatPage(page).signIn('Ada');
    await chat.say('one');
    await chat.hears(['one']);
    await chat.input.fill('a draft');
    const button = page.locator('#cancel-edit');
    expect(await button.isVisible()).toBe(false);
    await chat.messages.first().tap();
    await chat.messages.locator('.own-actions button').first().tap();
    await chat.input.fill('two');
    expect(await chat.send.textContent()).toBe(save);
    expect(await button.textContent()).toBe(cancel);
    for (const one of [button, chat.send]) {
      const { x, width, height } = (await one.boundingBox())!;
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
      expect(x + width).toBeLessThanOrEqual(viewport.width);
    }
    await button.tap();
    expect(await chat.input.inputValue()).toBe('a draft');
    expect(await button.isVisible()).toBe(false);
    await chat.hears(['one']);
  });

  test('to change a message waits in its room, beside the draft, until it is saved', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada');
    await chat.say('one');
    await chat.hears(['one']);
    await chat.input.press('ArrowUp');
    await chat.input.fill('two');
    await chat.goTo('garden');
    expect(await chat.input.inputValue()).toBe('');
    expect(await chat.send.textContent()).toBe('Send');
    await chat.input.fill('a draft');
    await chat.goTo('lobby');
    expect(await chat.input.inputValue()).toBe('two');
    expect(await chat.send.textContent()).toBe('Save');
    await chat.input.press('Enter');
    await chat.hears(['two edited']);
    expect(await chat.input.inputValue()).toBe('');
    await chat.goTo('garden');
    expect(await chat.input.inputValue()).toBe('a draft');
  });

  test('in one tab is there once in every other', async () => {
    const { url } = await startServer();
    const one = await enter(url, 'Ada');
    const two = await one.tab();
    await one.say('from the first');
    await two.hears(['from the first']);
    await two.say('from the second');
    for (const tab of [one, two]) await tab.hears(['from the first', 'from the second']);
    expect(await two.log.locator('.own').count()).toBe(2);
  });
});

async function paste({ input }: ChatPage, text: string): Promise<void> {
  await input.evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    // What the browser does by default a script cannot make it do.
    if (element.dispatchEvent(event)) {
      (element as HTMLTextAreaElement).value = pasted;
      element.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }
  }, text);
}
