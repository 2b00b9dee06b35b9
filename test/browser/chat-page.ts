/** The page of the chat as its user has it: a window, or several tabs in one, on a real server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { type ChatOptions, PAGE_HEADERS, startChat } from '../../src/chat/chat-server.ts';
import { ChatClient } from '../chat/chat-client.ts';
import { BarewireCommand } from '../support/barewire-command.ts';

/** The machine may be busy; what should come mostly comes at once. */
export const PATIENCE = { timeout: 15_000, interval: 20 };

const PUBLIC = fileURLToPath(new URL('../../public/', import.meta.url));

/** A folder that ends with the test. */
export async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'barewire page '));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A server in this process, with the page that is shipped. What it keeps is gone with it. */
export async function startServer(options: Partial<ChatOptions> = {}, port = 0) {
  const chat = await startChat(
    { publicFolder: PUBLIC, headers: PAGE_HEADERS, ...options },
    port,
    '127.0.0.1',
  );
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await chat.close();
    isClosed = true;
  };
  onTestFinished(close);
  return { port: chat.address.port, url: `http://localhost:${chat.address.port}/`, close };
}

/** A server in a process of its own, which can be killed; with a folder it finds everything again. */
export async function startCommand({ data = 'none', port = 0 }: { data?: string; port?: number } = {}) {
  const command = BarewireCommand.start(['chat', '--port', String(port), '--data', data]);
  const listensOn = await command.port();
  return { command, port: listensOn, url: `http://localhost:${listensOn}/` };
}

/** Somebody who speaks chat.v1 without a page, in a room. */
export async function visitor(url: string, name: string, room = 'lobby'): Promise<Visitor> {
  const client = await ChatClient.connect(url, name);
  await client.join(room);
  return new Visitor(client, room);
}

class Visitor {
  readonly client: ChatClient;
  readonly #room: string;

  constructor(client: ChatClient, room: string) {
    this.client = client;
    this.#room = room;
  }

  /** Says texts one after the other, each when the last one is kept. */
  async say(...texts: string[]): Promise<void> {
    for (const text of texts) await this.client.say(this.#room, text);
  }
}

export class ChatPage {
  readonly page: Page;
  readonly log: Locator;
  readonly input: Locator;
  readonly send: Locator;
  readonly messages: Locator;
  readonly texts: Locator;

  constructor(page: Page) {
    this.page = page;
    // Without it a wait of Playwright's is longer than those of expect.poll.
    page.setDefaultTimeout(PATIENCE.timeout);
    this.log = page.locator('#chat-log');
    this.input = page.locator('#message-input');
    this.send = page.locator('#send-button');
    this.messages = this.log.locator('.message');
    this.texts = this.log.locator('.message .text');
  }

  /** Signs in with a name, and waits for the connection. */
  async signIn(name: string): Promise<this> {
    await this.page.locator('#name').fill(name);
    await this.page.locator('#name').press('Enter');
    await this.is('open');
    return this;
  }

  /** Another tab in the same window: the same cookies, the same storage. */
  async tab(url = this.page.url()): Promise<ChatPage> {
    const page = await this.page.context().newPage();
    page.on('pageerror', (error) => expect.soft(error.message).toBe(''));
    await page.goto(url);
    const tab = new ChatPage(page);
    await tab.is('open');
    return tab;
  }

  async is(state: 'open' | 'waiting' | 'connecting' | 'stopped'): Promise<void> {
    await this.page.locator(`html[data-state=${state}]`).waitFor({ state: 'attached' });
    if (state === 'open')
      await expect.poll(() => this.page.locator('#people-count').textContent(), PATIENCE).not.toBe('');
  }

  async say(...texts: string[]): Promise<void> {
    for (const text of texts) {
      await this.input.fill(text);
      await this.input.press('Enter');
    }
  }

  /** Waits until these are the texts in the log, and all of them confirmed: at one moment, for what waits might vanish. */
  async hears(texts: string[]): Promise<void> {
    const look = () =>
      this.log.evaluate((log) => ({
        texts: [...log.querySelectorAll('.message .text')].map(({ textContent }) => textContent),
        pending: log.querySelectorAll('.pending').length,
      }));
    await expect.poll(look, PATIENCE).toEqual({ texts, pending: 0 });
  }

  /** Goes to a room by its address. */
  async goTo(room: string): Promise<void> {
    await this.page.evaluate((name) => {
      location.hash = `#room=${encodeURIComponent(name)}`;
    }, room);
    const title = room.replace(/^e-/, '');
    await expect.poll(() => this.page.locator('#room-title').textContent(), PATIENCE).toBe(title);
  }

  /** How far the log is from its end, in pixels. */
  distanceToBottom(): Promise<number> {
    return this.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  }

  async isAtBottom(): Promise<void> {
    await expect.poll(() => this.distanceToBottom(), PATIENCE).toBeLessThan(2);
  }

  /** Scrolls as a wheel does. */
  async wheel(pixels: number): Promise<void> {
    await this.log.hover();
    await this.page.mouse.wheel(0, pixels);
  }

  hint(): Promise<string | null> {
    return this.page.locator('#hint').textContent();
  }
}
