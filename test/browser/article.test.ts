/**
 * A page as articles about WebSocket have it, in a folder of its own: it works as it is, and where the browser says
 * that it comes from elsewhere, the server's log says what to type. The page names port 8080; here it is a free one.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BarewireCommand } from '../support/barewire-command.ts';
import { chromium, useChromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';

const ARTICLE = new URL('article/index.html', import.meta.url);
const PATIENCE = { timeout: 15_000, interval: 20 };

/** A chat that serves the article's page, which connects to it. */
async function startChat() {
  const folder = await mkdtemp(join(tmpdir(), "barewire it's my page "));
  onTestFinished(() => rm(folder, { recursive: true }));
  // The port comes by the variable, so that the line in the log does not name it and holds for the next start too.
  const command = BarewireCommand.start(['chat', '--public', folder], { PORT: '0' });
  const port = await command.port();
  const html = (await readFile(ARTICLE, 'utf8')).replace('ws://localhost:8080/', `ws://localhost:${port}/`);
  const file = join(folder, 'index.html');
  await writeFile(file, html);

  /** Stops it, and starts what its log says should be typed for a page that was refused. */
  const startAsTold = async () => {
    const line = await command.line(/^refused a page from /);
    await command.stop();
    const next = BarewireCommand.paste(line.slice(line.indexOf('barewire chat')), { PORT: String(port) });
    expect(await next.port()).toBe(port);
    return { line };
  };
  return { port, url: `http://localhost:${port}/`, file, html, startAsTold };
}

/** The same page on a port of its own, as from a development server. */
async function serveElsewhere(html: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

async function shows(page: Page, lines: string[]): Promise<void> {
  const shown = async () => (await page.locator('#log').allInnerTexts()).join('').trimEnd().split('\n');
  await expect.poll(shown, PATIENCE).toEqual(lines);
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill('#input', text);
  await page.press('#input', 'Enter');
}

describe.skipIf(leftOutWithout(chromium))("an article's page in Chromium", () => {
  const { open } = useChromium();

  test('works as it is, in a folder given with --public', async () => {
    const { url } = await startChat();
    const a = await open(url);
    await shows(a, ['Connected to the server']);
    const b = await open(url.replace('localhost', '127.0.0.1'));
    await shows(b, ['Connected to the server']);
    await say(a, 'hello');
    await b.fill('#input', 'hello to you');
    await b.click('#send');
    for (const page of [a, b]) {
      await shows(page, ['Connected to the server', 'Received: hello', 'Received: hello to you']);
    }
  });

  test('opened as a file is refused, and let in by what the log says', async () => {
    const { file, startAsTold } = await startChat();
    const page = await open(pathToFileURL(file).href);
    await shows(page, ['Error', 'Disconnected (1006)']);
    const { line } = await startAsTold();
    expect(line).toMatch(/^refused a page from null \(a file opened directly, .* --allow-origin null$/);
    await page.reload();
    await shows(page, ['Connected to the server']);
    await say(page, 'from a file');
    await shows(page, ['Connected to the server', 'Received: from a file']);
  });

  test('from a development server on another port is refused, and let in by what the log says', async () => {
    const { html, url, startAsTold } = await startChat();
    const origin = await serveElsewhere(html);
    const page = await open(`${origin}/`);
    await shows(page, ['Error', 'Disconnected (1006)']);
    const { line } = await startAsTold();
    expect(line.startsWith(`refused a page from ${origin}; to let it in: barewire chat `)).toBe(true);
    await page.reload();
    await shows(page, ['Connected to the server']);
    const own = await open(url);
    await shows(own, ['Connected to the server']);
    await say(page, 'from elsewhere');
    await shows(own, ['Connected to the server', 'Received: from elsewhere']);
  });
});
