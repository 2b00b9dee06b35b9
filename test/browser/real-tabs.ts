/**
 * A Chromium whose tabs live as on a user's screen: hidden behind another tab, throttled, frozen. The pages that Playwright opens
 * are always in front and have the focus, whatever is done to them; so this Chromium is started without it, and only driven by it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type BrowserContext, chromium as driver, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { chromium, FLAGS } from '../support/chromium.ts';

const ARGUMENTS = [
  ...FLAGS,
  '--headless=new',
  '--lang=en-US',
  '--window-size=1440,900',
  '--remote-debugging-port=0',
];

/** Starts one; it ends with the test, which fails if an error was thrown in a page. */
export async function startRealTabs(): Promise<RealTabs> {
  const folder = await mkdtemp(join(tmpdir(), 'barewire chromium '));
  const child = spawn(chromium!, [...ARGUMENTS, `--user-data-dir=${folder}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a group of its own, so that all its processes can be stopped
  });
  const signal = (name: NodeJS.Signals) => void process.kill(-child.pid!, name);
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) signal('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  let endpoint: string | undefined;
  for await (const line of createInterface(child.stderr)) {
    endpoint = /DevTools listening on (\S+)/.exec(line)?.[1];
    if (endpoint !== undefined) break;
  }
  if (endpoint === undefined) throw new Error('Chromium has ended');
  child.stderr.resume();
  const browser = await driver.connectOverCDP(endpoint, { noDefaults: true });
  return new RealTabs(browser.contexts()[0]!, signal);
}

export class RealTabs {
  readonly context: BrowserContext;
  readonly #signal: (name: NodeJS.Signals) => void;

  constructor(context: BrowserContext, signal: (name: NodeJS.Signals) => void) {
    this.context = context;
    this.#signal = signal;
  }

  /** Stops the whole browser, as it stands still while the machine sleeps. No page is told. */
  stop(): void {
    this.#signal('SIGSTOP');
  }

  continue(): void {
    this.#signal('SIGCONT');
  }

  /** Opens a tab in front of all others. */
  async open(url: string): Promise<Page> {
    const page = await this.context.newPage();
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    onTestFinished(() => expect(faults).toEqual([]));
    await page.goto(url);
    await page.bringToFront();
    await expect.poll(() => page.evaluate(() => document.visibilityState)).toBe('visible');
    return page;
  }

  /** Puts another tab in front of this one. @returns what brings it to the front again */
  async hide(page: Page): Promise<() => Promise<void>> {
    const front = await this.context.newPage();
    await front.bringToFront();
    await expect.poll(() => page.evaluate(() => document.visibilityState)).toBe('hidden');
    return async () => {
      await front.close();
      await page.bringToFront();
      await expect.poll(() => page.evaluate(() => document.visibilityState)).toBe('visible');
    };
  }

  /** Stops a hidden page: neither timers nor events run in it. @returns what lets it run again */
  async freeze(page: Page): Promise<() => Promise<void>> {
    const debug = await this.context.newCDPSession(page);
    await page.evaluate(() => {
      const counter = globalThis as unknown as { ticks: number };
      counter.ticks = 0;
      setInterval(() => counter.ticks++, 10);
    });
    const ticks = () => page.evaluate(() => (globalThis as unknown as { ticks: number }).ticks);
    await debug.send('Page.setWebLifecycleState', { state: 'frozen' });
    const frozen = await ticks();
    return async () => {
      expect(await ticks()).toBe(frozen); // it did sleep
      await debug.send('Page.setWebLifecycleState', { state: 'active' });
      await debug.detach();
    };
  }
}
