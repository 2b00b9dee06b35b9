/** What two ends do together, ours and another one, whichever is the client: one list, which each runs as far as it can. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'barewire';
import { expect, onTestFinished, test } from 'vitest';

export type Data = string | Uint8Array;

export interface End {
  readonly code: number;
  readonly reason: string;
}

/** The other end of a connection, wherever it runs. Everything may take its time. */
export interface Peer {
  /** The extensions that it believes to be in use. */
  extensions(): Promise<string>;
  subprotocol(): Promise<string>;
  send(data: Data): Promise<void>;
  /** The next message, in the order in which they came. */
  receive(): Promise<Data>;
  /** Begins to close. */
  close(code?: number, reason?: string): Promise<void>;
  /** How the connection ended, when it has. */
  closed(): Promise<End>;
  /** Sends one message in so many fragments, with a Ping after each of them if wanted. */
  sendFragments?(parts: readonly Data[], pings?: boolean): Promise<void>;
  /** Sends a Ping and waits for its Pong. */
  ping?(payload: string): Promise<void>;
  /** Ends TCP without a closing handshake. */
  terminate?(): Promise<void>;
  /** The same with a RST. */
  reset?(): Promise<void>;
}

/**
 * What not every client can do: the rest of Peer; to close with a code that browsers keep from pages, or with none;
 * to keep a U+FEFF at the beginning of a text, which Node's WebSocket loses. And what only our server can do.
 */
export type Ability =
  | 'fragments'
  | 'pings'
  | 'termination'
  | 'resets'
  | 'every code'
  | 'no code'
  | 'U+FEFF'
  | 'our server';

/** A client of our server. */
export interface Client {
  readonly abilities: readonly Ability[];
  connect(url: string, subprotocols: readonly string[]): Promise<Peer>;
}

/** A server that our client connects to. */
export interface Host {
  readonly abilities: readonly Ability[];
  /** @returns where it is, and its end of the first connection */
  start(subprotocols: readonly string[]): Promise<{ url: string; peer: Promise<Peer> }>;
}

interface Scene {
  readonly peer: Peer;
  /** Our end, which echoes. */
  readonly socket: WebSocket<unknown>;
  /** Where our end is the server. */
  readonly request?: IncomingMessage;
  readonly server?: WebSocketServer;
}

interface Scenario {
  readonly name: string;
  readonly needs?: readonly Ability[];
  run(scene: Scene): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536];
/** With a character of each length in UTF-8, one of two UTF-16 units, and NUL. */
const TEXTS = ['', 'hello', '\0é线\u{1f9f5}', ' \r\n ', 'x'.repeat(125), 'é'.repeat(63), '线'.repeat(30_000)];
const LONGEST_REASON = 'é'.repeat(61);

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

async function expectEcho(peer: Peer, data: Data): Promise<void> {
  const echoed = await peer.receive();
  expect(typeof echoed).toBe(typeof data);
  // Not toEqual: it takes its time for a million bytes.
  expect(Buffer.from(echoed as string).equals(Buffer.from(data as string))).toBe(true);
}

const messages: Scenario[] = [
  {
    name: 'texts come back as they were',
    async run({ peer }) {
      for (const text of TEXTS) {
        await peer.send(text);
        expect(await peer.receive()).toBe(text);
      }
    },
  },
  {
    name: 'a text that begins with U+FEFF comes back with it',
    needs: ['U+FEFF'],
    async run({ peer }) {
      await peer.send('\u{feff}no byte order mark');
      expect(await peer.receive()).toBe('\u{feff}no byte order mark');
    },
  },
  {
    name: 'bytes come back as they were, whichever form their length takes',
    async run({ peer }) {
      for (const length of LENGTHS) {
        await peer.send(bytes(length));
        await expectEcho(peer, bytes(length));
      }
    },
  },
  {
    name: '1 MiB of text goes both ways',
    async run({ peer }) {
      const text = 'wire é 线 '.repeat(MEBIBYTE / 16).slice(0, MEBIBYTE / 2);
      await peer.send(text);
      await expectEcho(peer, text);
    },
  },
  {
    name: '1 MiB of bytes, all that the default limit allows, goes both ways',
    async run({ peer }) {
      await peer.send(bytes(MEBIBYTE));
      await expectEcho(peer, bytes(MEBIBYTE));
    },
  },
  {
    name: 'one byte more than the limit closes with 1009',
    async run({ peer, socket }) {
      await peer.send(bytes(MEBIBYTE + 1));
      expect((await peer.closed()).code).toBe(1009);
      expect((await socket.closed).error?.message).toContain('big');
    },
  },
  {
    name: 'many messages come back in their order',
    async run({ peer }) {
      const texts = Array.from({ length: 200 }, (_, index) => `message ${index}`);
      for (const text of texts) await peer.send(text);
      for (const text of texts) expect(await peer.receive()).toBe(text);
    },
  },
  {
    name: 'a text in fragments, some of them empty, is one message',
    needs: ['fragments'],
    async run({ peer }) {
      await peer.sendFragments!(['', 'one, ', '', 'two, 线', ' and three', '']);
      expect(await peer.receive()).toBe('one, two, 线 and three');
    },
  },
  {
    name: 'bytes in fragments are one message',
    needs: ['fragments'],
    async run({ peer }) {
      const whole = bytes(200_000);
      await peer.sendFragments!([whole.subarray(0, 1), whole.subarray(1, 70_000), whole.subarray(70_000)]);
      await expectEcho(peer, whole);
    },
  },
  {
    name: 'Pings between the fragments of a message are answered and do not disturb it',
    needs: ['fragments', 'pings'],
    async run({ peer }) {
      await peer.sendFragments!(['a', 'b', 'c', 'd'], true);
      expect(await peer.receive()).toBe('abcd');
      await peer.ping!('and one more');
    },
  },
];

const compression: Scenario[] = [
  {
    name: 'compression is offered, declined, and not missed',
    needs: ['our server'],
    async run({ peer, socket, request }) {
      expect(request!.headers['sec-websocket-extensions']).toContain('permessage-deflate');
      expect(socket.extensions).toBe('');
      expect(await peer.extensions()).toBe('');
      const text = 'the same again and again, '.repeat(10_000);
      await peer.send(text);
      await expectEcho(peer, text);
    },
  },
];

const subprotocols: Scenario[] = [
  {
    name: "the server's favourite among the subprotocols offered is agreed on",
    async run({ peer, socket }) {
      expect(socket.protocol).toBe('v2.barewire');
      expect(await peer.subprotocol()).toBe('v2.barewire');
    },
  },
];

const pings: Scenario[] = [
  {
    name: 'our Pings are answered',
    async run({ peer, socket }) {
      expect(await socket.ping()).toBeGreaterThanOrEqual(0);
      expect(await socket.ping(new Uint8Array(0))).toBeGreaterThanOrEqual(0);
      expect(await socket.ping(bytes(125))).toBeGreaterThanOrEqual(0);
      await peer.send('still here');
      expect(await peer.receive()).toBe('still here');
    },
  },
  {
    name: "the peer's Pings are answered with what they carry",
    needs: ['pings'],
    async run({ peer }) {
      for (const payload of ['', 'a', 'x'.repeat(125)]) await peer.ping!(payload);
    },
  },
];

/** Close codes and reasons that both ends say. `every code` also stands for what our own client may not send. */
const ENDS: readonly (End & { needs?: readonly Ability[]; fromUs?: readonly Ability[] })[] = [
  { code: 1000, reason: '' },
  { code: 1000, reason: 'done' },
  { code: 1001, reason: 'leaving', needs: ['every code'], fromUs: ['our server'] },
  { code: 3000, reason: 'registered, é 线 \u{1f9f5}' },
  { code: 4999, reason: LONGEST_REASON },
];

const closing: Scenario[] = [
  ...ENDS.map(({ code, reason, needs = [] }) => ({
    name: `the peer closes with ${code} and ${Buffer.byteLength(reason)} bytes of reason`,
    needs,
    async run({ peer, socket }: Scene) {
      await peer.close(code, reason);
      const end = await socket.closed;
      expect(end).toMatchObject({ code, reason, wasClean: true, closedBy: 'peer', error: undefined });
      expect((await peer.closed()).code).toBe(code);
    },
  })),
  ...ENDS.map(({ code, reason, fromUs = [] }) => ({
    name: `we close with ${code} and ${Buffer.byteLength(reason)} bytes of reason`,
    needs: fromUs,
    async run({ peer, socket }: Scene) {
      socket.close(code, reason);
      expect(await peer.closed()).toEqual({ code, reason });
      expect(await socket.closed).toMatchObject({ code, wasClean: true, closedBy: 'this side' });
    },
  })),
  {
    name: 'the peer closes without a code: both see 1005',
    needs: ['no code'],
    async run({ peer, socket }) {
      await peer.close();
      expect(await socket.closed).toMatchObject({ code: 1005, reason: '', wasClean: true, closedBy: 'peer' });
      expect(await peer.closed()).toEqual({ code: 1005, reason: '' });
    },
  },
  {
    name: 'we close without a code: the peer sees 1005',
    async run({ peer, socket }) {
      socket.close();
      expect(await peer.closed()).toEqual({ code: 1005, reason: '' });
      expect(await socket.closed).toMatchObject({ wasClean: true, closedBy: 'this side' });
    },
  },
  {
    name: 'what the peer sent before it closed arrives',
    async run({ peer, socket }) {
      const received: unknown[] = [];
      socket.addEventListener('message', ({ data }) => received.push(data));
      for (const text of ['one', 'two', 'three']) await peer.send(text);
      await peer.close(1000);
      expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true });
      expect(received).toEqual(['one', 'two', 'three']);
    },
  },
  {
    name: 'what we sent before we closed arrives',
    async run({ peer, socket }) {
      for (const text of ['one', 'two', 'three']) socket.send(text);
      socket.close(3001, 'enough');
      for (const text of ['one', 'two', 'three']) expect(await peer.receive()).toBe(text);
      expect(await peer.closed()).toEqual({ code: 3001, reason: 'enough' });
    },
  },
  {
    name: 'the server is closed: the client sees 1001',
    needs: ['our server'],
    async run({ peer, server }) {
      await server!.close();
      expect((await peer.closed()).code).toBe(1001);
    },
  },
  {
    name: 'we end TCP without a word: the peer sees 1006',
    async run({ peer, socket }) {
      socket.terminate();
      expect((await peer.closed()).code).toBe(1006);
      expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false });
    },
  },
  {
    name: 'the peer ends TCP without a word: we see 1006',
    needs: ['termination'],
    async run({ peer, socket }) {
      await peer.terminate!();
      expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false, closedBy: 'network' });
    },
  },
  {
    name: 'the peer resets TCP while messages go both ways: we see 1006 and go on with others',
    needs: ['resets'],
    async run({ peer, socket, server }) {
      for (let count = 0; count < 20; count++) {
        await peer.send(bytes(50_000));
        socket.send(bytes(50_000));
      }
      await peer.reset!();
      expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false, closedBy: 'network' });
      if (server) expect(server.sockets.size).toBe(0);
    },
  },
];

const SCENARIOS = [...messages, ...compression, ...subprotocols, ...pings, ...closing];

/** Tests a client with every scenario that it is able to. */
export function testScenarios(client: Client): void {
  testAll(SCENARIOS, [...client.abilities, 'our server'], () => enter(client));
}

/** Tests our client, with every scenario that the server is able to. */
export function testOurClient(host: Host): void {
  testAll(SCENARIOS, host.abilities, () => visit(host));
}

/** Tests a client with those scenarios that are about messages. */
export function testMessages(client: Client): void {
  testAll(messages, [...client.abilities, 'our server'], () => enter(client));
}

function testAll(
  scenarios: readonly Scenario[],
  abilities: readonly Ability[],
  begin: () => Promise<Scene>,
): void {
  for (const { name, needs = [], run } of scenarios) {
    const isAble = needs.every((ability) => abilities.includes(ability));
    if (isAble) test(name, async () => run(await begin()));
  }
}

const BROWSER_PEER = new URL('browser-peer.js', import.meta.url);
const PAGE = `<!doctype html>
<link rel="icon" href="data:,">
<script type="module">
  import { BrowserPeer } from './browser-peer.js';
  globalThis.connect = BrowserPeer.connect;
</script>`;

/** A client and an echo server, connected. The server also has a page, for clients that live in one. */
async function enter(client: Client): Promise<Scene> {
  const http = createServer(async (request, response) => {
    const isPage = request.url === '/';
    response.setHeader('Content-Type', isPage ? 'text/html' : 'text/javascript');
    response.end(isPage ? PAGE : await readFile(BROWSER_PEER));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;

  let onOpen: (opened: [WebSocket<undefined>, IncomingMessage]) => void = () => {};
  const opened = new Promise<[WebSocket<undefined>, IncomingMessage]>((resolve) => {
    onOpen = resolve;
  });
  const server = new WebSocketServer(
    { path: '/echo', subprotocols: ['v2.barewire', 'v1.barewire'] },
    {
      open: (socket, request) => onOpen([socket, request]),
      message: (socket, data) => socket.send(data),
    },
  ).attach(http);
  onTestFinished(async () => {
    await server.close({ timeoutMs: 200 });
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const peer = await client.connect(`ws://127.0.0.1:${port}/echo`, ['v1.barewire', 'v2.barewire']);
  const [socket, request] = await opened;
  return { peer, socket, request, server };
}

/** Our client and another server, connected. Our end echoes, as our server does. */
async function visit(host: Host): Promise<Scene> {
  const { url, peer } = await host.start(['v2.barewire', 'v1.barewire']);
  const socket = new WebSocket(url, ['v1.barewire', 'v2.barewire']);
  onTestFinished(() => socket.terminate());
  socket.binaryType = 'uint8array';
  socket.addEventListener('message', ({ data }) => void socket.send(data));
  await socket.opened;
  return { peer: await peer, socket };
}
