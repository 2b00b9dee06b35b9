/** Chromium's WebSocket as a client: the scenarios of test/interop, in a page. */
import type { JSHandle } from 'playwright-core';
import { describe } from 'vitest';
import type { BrowserPeer } from '../interop/browser-peer.js';
import {
  type Client,
  type Data,
  type End,
  type Peer,
  testMessages,
  testScenarios,
} from '../interop/scenarios.ts';
import { chromium, useChromium } from '../support/chromium.ts';
import { leftOutWithout } from '../support/tools.ts';

/** A peer that lives in a page. */
class PagePeer implements Peer {
  readonly #handle: JSHandle<BrowserPeer>;

  constructor(handle: JSHandle<BrowserPeer>) {
    this.#handle = handle;
  }

  extensions(): Promise<string> {
    return this.#handle.evaluate((peer) => peer.extensions());
  }

  subprotocol(): Promise<string> {
    return this.#handle.evaluate((peer) => peer.subprotocol());
  }

  async send(data: Data): Promise<void> {
    await this.#handle.evaluate((peer, sent) => peer.send(sent), data);
  }

  receive(): Promise<Data> {
    return this.#handle.evaluate((peer) => peer.receive());
  }

  async close(code?: number, reason?: string): Promise<void> {
    await this.#handle.evaluate((peer, end) => peer.close(end.code, end.reason), { code, reason });
  }

  closed(): Promise<End> {
    return this.#handle.evaluate((peer) => peer.closed());
  }
}

describe.skipIf(leftOutWithout(chromium))("Chromium's WebSocket", () => {
  const { open } = useChromium();

  function client(blobs: boolean): Client {
    return {
      abilities: ['no code', 'U+FEFF'],
      async connect(url, subprotocols) {
        const page = await open(`http://${new URL(url).host}/`);
        const handle = await page.evaluateHandle(
          (parameters) => {
            const { connect } = globalThis as unknown as { connect: typeof BrowserPeer.connect };
            return connect(...parameters);
          },
          [url, subprotocols, blobs] as const,
        );
        return new PagePeer(handle);
      },
    };
  }

  testScenarios(client(false));
  describe('with bytes as Blob', () => testMessages(client(true)));
});
