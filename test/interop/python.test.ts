/** Python's `websockets` as a client. */
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { PythonProcess } from '../support/python-client.ts';
import { hasPythonModule, leftOutWithout } from '../support/tools.ts';
import { type Data, type End, type Peer, testScenarios } from './scenarios.ts';

const SCRIPT = fileURLToPath(new URL('client.py', import.meta.url));

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
    const python = new PythonProcess(SCRIPT, [url, ...subprotocols]);
    await python.answer();
    return new PythonPeer(python);
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

describe.skipIf(leftOutWithout(hasPythonModule('websockets')))("Python's websockets", () => {
  testScenarios({
    abilities: ['fragments', 'pings', 'termination', 'resets', 'every code', 'U+FEFF'],
    connect: PythonPeer.connect,
  });
});
