/** Node's own WebSocket as a client. */
import { describe, test } from 'vitest';
import { BrowserPeer } from './browser-peer.js';
import { type Client, testMessages, testScenarios } from './scenarios.ts';

function client(blobs: boolean): Client {
  return {
    abilities: ['no code'],
    connect: (url, subprotocols) => BrowserPeer.connect(url, subprotocols, blobs),
  };
}

if (typeof globalThis.WebSocket === 'undefined') {
  // One line, not one for each scenario: nothing is missing that could be installed.
  test.skip('Node has a WebSocket of its own since version 22');
} else {
  describe("Node's WebSocket", () => testScenarios(client(false)));
  describe("Node's WebSocket with bytes as Blob", () => testMessages(client(true)));
}
