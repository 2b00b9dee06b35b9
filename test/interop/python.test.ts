/** Python's `websockets` as a client, and as a server of our client. */
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { PythonProcess } from '../support/python-client.ts';
import { hasPythonModule, leftOutWithout } from '../support/tools.ts';
import { type Ability, type Data, type End, type Peer, testOurClient, testScenarios } from './scenarios.ts';

const CLIENT = fileURLToPath(new URL('client.py', import.meta.url));
const SERVER = fileURLToPath(new URL('server.py', import.meta.url));

type JsonData = { readonly text: string } | { readonly base64: string };

function toJson(data: Data): JsonData {
  return typeof data === 'string' ? { text: data } : { base64: Buffer.from(data).toString('base64') };
}

class PythonPeer implements Peer {
  readonly #python: PythonProcess;

  private constructor(python: PythonProcess) {
    this.#python = python;
  }

  static async connect(url: string, subprotocols: readonly string[]): Promise<PythonPeer> {
    const python = new PythonProcess(CLIENT, [url, ...subprotocols]);
    await python.answer();
    return new PythonPeer(python);
  }

  static async listen(subprotocols: readonly string[]): Promise<{ url: string; peer: Promise<PythonPeer> }> {
    const python = new PythonProcess(SERVER, subprotocols);
    const url = `ws://127.0.0.1:${await python.answer()}`;
    return { url, peer: python.answer().then(() => new PythonPeer(python)) };
  }

  async extensions(): Promise<string> {
    return (await this.#python.ask({ name: 'extensions' })) as string;
  }

  async subprotocol(): Promise<string> {
    return (await this.#python.ask({ name: 'subprotocol' })) as string;
  }

  async send(data: Data): Promise<void> {
    await this.#python.ask({ name: 'send', data: toJson(data) });
  }

  async sendFragments(parts: readonly Data[], pings = false): Promise<void> {
    await this.#python.ask({ name: 'sendFragments', parts: parts.map(toJson), pings });
  }

  async receive(): Promise<Data> {
    const data = (await this.#python.ask({ name: 'receive' })) as JsonData;
    return 'text' in data ? data.text : Buffer.from(data.base64, 'base64');
  }

  async ping(payload: string): Promise<void> {
    await this.#python.ask({ name: 'ping', payload });
  }

  async close(code: number, reason = ''): Promise<void> {
    await this.#python.ask({ name: 'close', code, reason });
  }

  async closed(): Promise<End> {
    return (await this.#python.ask({ name: 'closed' })) as End;
  }

  async terminate(): Promise<void> {
    await this.#python.ask({ name: 'terminate' });
  }

  async reset(): Promise<void> {
    await this.#python.ask({ name: 'reset' });
  }
}

const abilities: readonly Ability[] = ['fragments', 'pings', 'termination', 'resets', 'every code', 'U+FEFF'];

describe.skipIf(leftOutWithout(hasPythonModule('websockets')))("Python's websockets", () => {
  testScenarios({ abilities, connect: PythonPeer.connect });
});

describe.skipIf(leftOutWithout(hasPythonModule('websockets')))(
  "our client and the server of Python's websockets",
  () => testOurClient({ abilities, start: PythonPeer.listen }),
);
