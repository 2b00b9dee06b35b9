/** Sessions and the outbox on the page: what is not confirmed is neither lost nor doubled, whoever signs in. */
import { describe, expect, test } from 'vitest';
import { chromium, useChromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';
import { ChatPage, dataFolder, PATIENCE, startCommand, startServer } from './chat-page.ts';

/** The texts that wait in the store of the outbox. */
function stored({ page }: ChatPage): Promise<string[]> {
  return page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await done(indexedDB.open('barewire'));
    const items = await done(database.transaction('waiting').objectStore('waiting').getAll());
    database.close();
    return items.map(({ text }) => text);
  });
}

describe.skipIf(leftOutWithout(chromium))('sessions in Chromium', () => {
  const { open } = useChromium();

  async function enter(url: string, name: string): Promise<ChatPage> {
    return await new ChatPage(await open(url)).signIn(name);
  }

  test('a session that ends says so, asks again, and loses nothing', async () => {
    const first = await startServer();
    const chat = await enter(first.url, 'Ada');
    await first.close();
    await chat.is('waiting');
    await chat.say('written in the dark');
    expect(await chat.log.locator('.pending .fate').textContent()).toBe('Goes out when you are connected');
    await startServer({}, first.port); // with another secret: no cookie is valid any more
    await chat.page.locator('#sign-in').waitFor();
    const reason = await chat.page.locator('#sign-in-reason').textContent();
    expect(reason).toContain('Your session has ended');
    expect(reason).toContain('1 message waits to be sent');
    await chat.signIn('Ada');
    await chat.hears(['written in the dark']);
    expect(await chat.log.locator('.own').count()).toBe(1);
  });

  test('what was written under another name is sent only when it is asked for', async () => {
    const first = await startServer();
    const chat = await enter(first.url, 'Ada');
    await first.close();
    await chat.is('waiting');
    await chat.say('by Ada', 'this too');
    await startServer({}, first.port);
    await chat.page.locator('#sign-in').waitFor();
    await chat.page.locator('#name').fill('');
    await chat.signIn('Grace');
    await expect.poll(() => chat.log.locator('.failed').count(), PATIENCE).toBe(2);
    const [retry, discard] = [
      chat.log.locator('.failed').first().getByRole('button', { name: 'Retry' }),
      chat.log.locator('.failed').last().getByRole('button', { name: 'Discard' }),
    ];
    await discard.click();
    await retry.click();
    await chat.hears(['by Ada']);
    await chat.page.reload();
    await chat.is('open');
    await chat.hears(['by Ada']);
  });

  describe.each([
    ['with accounts', true],
    ['with names', false],
  ])('%s', (_, auth) => {
    async function enterAs(chat: ChatPage, name: string): Promise<void> {
      if (auth) await chat.page.locator('#password').fill('correct horse battery');
      await chat.signIn(name);
    }

    test.each(['at once', 'after a reload'])('what one has not sent nobody else gets: %s', async (when) => {
      const { url } = await startServer({ auth });
      if (auth) for (const name of ['Ada', 'Grace']) await makeAccount(url, name);
      const chat = new ChatPage(await open(url));
      const { page, input } = chat;
      const leave = async () => {
        await signOut(chat);
        if (when === 'after a reload') await page.reload();
      };
      await enterAs(chat, 'Ada');
      await chat.say('mine');
      await chat.hears(['mine']);
      await input.fill('a draft');
      await chat.goTo('garden');
      await input.fill('a draft too');
      await chat.goTo('lobby');
      await chat.messages.first().hover();
      await page.getByRole('button', { name: 'Edit' }).click();
      await input.fill('mine!');
      await leave();
      await enterAs(chat, 'Grace');
      expect(await input.inputValue()).toBe('');
      expect(await chat.send.textContent()).toBe('Send');
      await expect.poll(() => input.evaluate((one) => one === document.activeElement), PATIENCE).toBe(true);
      await chat.goTo('garden');
      expect(await input.inputValue()).toBe('');
      await chat.goTo('lobby');
      await chat.say('hers');
      await chat.hears(['mine', 'hers']);
      await input.fill('her draft');
      await leave();
      await enterAs(chat, 'Ada');
      expect(await input.inputValue()).toBe('a draft');
      await chat.goTo('garden');
      expect(await input.inputValue()).toBe('a draft too');
    });
  });

  test('who signs in again goes on writing', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada');
    await signOut(chat);
    await chat.signIn('Ada');
    await expect
      .poll(() => chat.input.evaluate((one) => one === document.activeElement), PATIENCE)
      .toBe(true);
  });

  test('who has made an account is asked to sign in, not to make another, and told which field is wrong', async () => {
    const { url } = await startServer({ auth: true });
    const chat = new ChatPage(await open(url));
    const { page } = chat;
    const [name, password] = [page.locator('#name'), page.locator('#password')];
    await page.locator('#account-switch').click();
    await name.fill('Ada');
    await password.fill('short');
    await password.press('Enter');
    await page.locator('#password[aria-invalid="true"]').waitFor();
    expect(await name.getAttribute('aria-invalid')).toBe('false');
    await password.fill('correct horse battery');
    await chat.signIn('Ada');
    await signOut(chat);
    expect(await page.locator('#sign-in-button').textContent()).toBe('Sign in');
    expect(await password.getAttribute('aria-invalid')).toBe('false');
  });

  test('when the server does not say how one signs in, the page knows it from before, or finds out', async () => {
    const { url } = await startServer({ auth: true });
    await makeAccount(url, 'Ada');
    const page = await open('about:blank');
    await page.route('**/api/session', (route) =>
      route.request().method() === 'GET' ? route.abort() : route.fallback(),
    );
    await page.goto(url);
    const chat = new ChatPage(page);
    const password = page.locator('#password');
    await page.locator('#name').fill('Ada');
    await page.locator('#name').press('Enter');
    await password.waitFor();
    await password.fill('correct horse battery');
    await chat.signIn('Ada');
    await page.unroute('**/api/session');
    await page.reload();
    await chat.is('open');
    await page.route('**/api/session', (route) =>
      route.request().method() === 'GET' ? route.abort() : route.fallback(),
    );
    await signOut(chat);
    expect(await password.isVisible()).toBe(true);
    await password.fill('correct horse battery');
    await chat.signIn('Ada');
  });

  test('to sign out ends every tab, and to sign in begins them', async () => {
    const { url } = await startServer();
    const a = await enter(url, 'Ada');
    const b = await a.tab();
    await signOut(a);
    for (const tab of [a, b]) await tab.page.locator('#sign-in').waitFor();
    await a.page.locator('#name').fill('');
    await a.signIn('Grace');
    await b.is('open');
    await expect.poll(() => b.page.locator('#my-name').textContent(), PATIENCE).toBe('Grace');
  });

  test('who cannot be signed out is told so, and can try again', async () => {
    const kept = { data: await dataFolder() };
    const first = await startServer(kept);
    const chat = await enter(first.url, 'Ada');
    const { page } = chat;
    const signOut = page.getByRole('button', { name: 'Sign out' });
    const status = page.locator('#sign-out-status');
    await first.close();
    await page.locator('#open-settings').click();
    // It is told to those, too, who close the dialog before the answer comes.
    await signOut.evaluate((button) => {
      (button as HTMLElement).click();
      button.closest('dialog')?.close();
    });
    await expect.poll(() => status.textContent(), PATIENCE).toContain('Signing out failed');
    expect(await page.getByRole('status').and(status).isVisible()).toBe(true);
    await page.locator('#settings-language').selectOption('zh-Hans');
    expect(await status.textContent()).toContain('退出登录失败');
    await page.locator('#settings-language').selectOption('en');
    await page.keyboard.press('Escape');
    await expect.poll(() => status.textContent(), PATIENCE).toBe('');
    // The session goes on, and its end by somebody else is not taken for one's own.
    const { url } = await startServer(kept, first.port);
    await chat.say('still here');
    await chat.hears(['still here']);
    expect((await page.request.delete(`${url}api/session`)).status()).toBe(204);
    await page.locator('#sign-in').waitFor();
    expect(await page.locator('#sign-in-reason').textContent()).toContain('Your session has ended');
  });

  /** How IndexedDB may fail. Each leaves the page only its memory. */
  const failures = {
    'does not open': () => {
      indexedDB.open = () => {
        throw new DOMException('broken', 'UnknownError');
      };
    },
    'never answers': () => {
      indexedDB.open = () => new EventTarget() as IDBOpenDBRequest;
    },
  };

  for (const [name, failure] of Object.entries(failures)) {
    test(`what waits outlives a new connection, where the database ${name}`, async () => {
      const options = { data: await dataFolder(), secret: 's'.repeat(32) };
      const first = await startServer(options);
      const page = await open('about:blank');
      await page.addInitScript(failure);
      await page.goto(first.url);
      const chat = await new ChatPage(page).signIn('Ada');
      await first.close();
      await chat.is('waiting');
      await chat.say('one', 'two');
      await startServer(options, first.port);
      await chat.hears(['one', 'two']);
    });
  }

  test('what waits outlives site data that is cleared, and what is written then outlives a reload', async () => {
    const options = { data: await dataFolder(), secret: 's'.repeat(32) };
    const first = await startServer(options);
    const chat = await enter(first.url, 'Ada');
    await first.close();
    await chat.is('waiting');
    await chat.say('before');
    const debug = await chat.page.context().newCDPSession(chat.page);
    const { origin } = new URL(first.url);
    await debug.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
    await chat.say('after');
    const second = await startServer(options, first.port);
    await chat.hears(['before', 'after']);
    await chat.page.evaluate(() => {
      Math.random = () => 1_000; // it does not come back before it is loaded again
    });
    await second.close();
    await chat.is('waiting');
    await chat.say('kept');
    await startServer(options, first.port);
    await chat.page.reload();
    await chat.hears(['before', 'after', 'kept']);
  });

  test('what was sent and never confirmed is sent again, and there once', async () => {
    const data = await dataFolder();
    const { command, port, url } = await startCommand({ data });
    const chat = await enter(url, 'Ada');
    command.signal('SIGSTOP'); // the server's machine hangs
    await chat.say('into the void', 'and again');
    await chat.input.fill('half a senten');
    await command.stop('SIGKILL');
    await chat.is('waiting');
    await startCommand({ data, port });
    await chat.is('open');
    await chat.hears(['into the void', 'and again']);
    expect(await chat.input.inputValue()).toBe('half a senten');
  });

  test('what was said in a room that one leaves before it is confirmed waits no longer, and cuts no line', async () => {
    const { command, url } = await startCommand();
    const page = await open('about:blank');
    await page.clock.install();
    await page.goto(url);
    const chat = await new ChatPage(page).signIn('Ada');
    await chat.goTo('garden');
    await chat.say('hello');
    await chat.hears(['hello']);
    let sockets = 0;
    page.on('websocket', () => sockets++);
    command.signal('SIGSTOP');
    await chat.say('goodbye');
    await expect.poll(() => stored(chat), PATIENCE).toEqual(['goodbye']);
    await page.getByRole('button', { name: 'Leave this room' }).click();
    await expect.poll(() => page.locator('#room-title').textContent(), PATIENCE).toBe('lobby');
    command.signal('SIGCONT');
    await expect.poll(() => stored(chat), PATIENCE).toEqual([]);
    await page.clock.runFor(16_000); // longer than the page waits for an answer
    await chat.say('still here');
    await chat.hears(['still here']);
    expect(sockets).toBe(0);
  });

  test('a tab takes over what another one has left behind', async () => {
    const data = await dataFolder();
    const first = await startCommand({ data });
    const a = await enter(first.url, 'Ada');
    const b = await a.tab();
    await first.command.stop();
    for (const tab of [a, b]) await tab.is('waiting');
    await b.say('left behind');
    await expect.poll(() => a.texts.allTextContents(), PATIENCE).toEqual(['left behind']);
    await b.page.close();
    await startCommand({ data, port: first.port });
    await a.is('open');
    await a.hears(['left behind']);
  });

  test('who is too fast is told so, and all of it goes out in its order', async () => {
    const { url } = await startServer({ limits: { perSecond: 2, burst: 1 } });
    const chat = await enter(url, 'Ada');
    await chat.say('one', 'two', 'three');
    await expect.poll(() => chat.hint(), PATIENCE).toContain('A little too fast');
    await chat.hears(['one', 'two', 'three']);
    await expect.poll(() => chat.hint(), PATIENCE).toContain('Enter sends');
  });

  test('the page warns near the limit of a message, and does not send beyond it', async () => {
    const { url } = await startServer({ limits: { textBytes: 100 } });
    const chat = await enter(url, 'Ada');
    await chat.input.fill('a'.repeat(95));
    expect(await chat.hint()).toBe('5 bytes left in this message');
    await chat.input.fill('一'.repeat(34));
    expect(await chat.hint()).toContain('Too long by 2 bytes');
    expect(await chat.send.getAttribute('aria-disabled')).toBe('true');
    for (const act of [() => chat.input.press('Enter'), () => chat.send.dispatchEvent('click')]) {
      await act();
      expect(await chat.page.locator('#trouble').textContent()).toContain('Too long by 2 bytes');
      expect(await chat.input.inputValue()).toHaveLength(34);
    }
    await chat.input.fill('一'.repeat(33));
    await chat.input.press('Enter');
    await chat.hears(['一'.repeat(33)]);
  });

  test('"Try now" does not wait for the next attempt', async () => {
    const data = await dataFolder();
    const first = await startCommand({ data });
    const chat = await enter(first.url, 'Ada');
    await chat.page.evaluate(() => {
      Math.random = () => 1_000; // the next attempt is minutes away
    });
    await first.command.stop();
    await chat.is('waiting');
    expect(await chat.page.locator('#status').textContent()).toBe('Not connected');
    expect(await chat.page.locator('#retry-in').textContent()).toMatch(/next try in \d+ s/);
    await startCommand({ data, port: first.port });
    const button = chat.page.getByRole('button', { name: 'Try now' });
    await button.click();
    await chat.is('open');
    expect(await button.isVisible()).toBe(false);
  });

  test('when the network goes, the page says so, and comes back with it', async () => {
    const { url } = await startServer();
    const chat = await enter(url, 'Ada');
    await chat.page.context().setOffline(true);
    await chat.is('waiting');
    expect(await chat.page.locator('#status').textContent()).toBe('You are offline');
    await chat.page.context().setOffline(false);
    await chat.is('open');
    await chat.say('back');
    await chat.hears(['back']);
  });
});

async function signOut({ page }: ChatPage): Promise<void> {
  await page.locator('#open-settings').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.locator('#sign-in').waitFor();
}

async function makeAccount(url: string, name: string): Promise<void> {
  const answer = await fetch(`${url}api/accounts`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, password: 'correct horse battery' }),
  });
  expect(answer.status).toBe(201);
}
