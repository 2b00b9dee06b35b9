// One page: loads its scripts in order into the globals of this process, and sends the results to the parent.
import dns from 'node:dns';
import { runInThisContext } from 'node:vm';

/** @typedef {{ name: string, status: number, message: string | null }} HarnessTest */

const [, , url = '', moduleName = ''] = process.argv;
const { fetch: realFetch } = globalThis;
const STATUS = ['PASS', 'FAIL', 'TIMEOUT', 'NOTRUN', 'PRECONDITION_FAILED'];

/** @param {string} name @param {unknown} value */
function define(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

/** The classes of the client. Where it lacks one, the page finds none. */
async function defineClient() {
  define('location', new URL(url));
  if (moduleName === '') return;
  const client = await import(moduleName);
  for (const name of ['WebSocket', 'WebSocketStream', 'WebSocketError', 'CloseEvent'])
    define(name, client[name]);
  client.setGlobalOrigin?.(url); // undici
}

function definePage() {
  define('window', globalThis);
  define('self', globalThis);
  define('Window', Object.getPrototypeOf(globalThis).constructor);
  const global = { isWindow: () => true, isWorker: () => false, isShadowRealm: () => false };
  define('GLOBAL', global);
  define('fetch', (/** @type {string} */ input, /** @type {RequestInit} */ init) =>
    realFetch(new URL(input, url), init),
  );
}

/**
 * The scripts of a page: their addresses, or their text.
 * @param {string} source
 * @returns {{ src?: string | undefined, text?: string | undefined }[]}
 */
function scriptsOf(source) {
  if (!new URL(url).pathname.endsWith('.js')) {
    const scripts = source.matchAll(/<script(?:[^>]*?src="?([^"\s>]*)"?)?[^>]*>([\s\S]*?)<\/script>/g);
    return Array.from(scripts, ([, src, text]) => (src === undefined ? { text } : { src }));
  }
  const named = Array.from(source.matchAll(/^\/\/ META: script=(\S+)/gm), ([, src]) => ({ src }));
  return [{ src: '/resources/testharness.js' }, ...named, { text: source }];
}

/** @param {string} address */
async function load(address) {
  const response = await realFetch(new URL(address, url));
  if (!response.ok) throw new Error(`${address} is not there`);
  return response.text();
}

function reportResults() {
  const add = Reflect.get(globalThis, 'add_completion_callback');
  add((/** @type {HarnessTest[]} */ tests, /** @type {HarnessTest} */ harness) => {
    const results = tests.map(({ name, status, message }) => ({ name, status: STATUS[status], message }));
    if (harness.status === 1) results.push({ name: 'harness', status: 'ERROR', message: harness.message });
    process.send?.(results, () => process.exit());
  });
}

/** The window as an event target: the harness listens there for what a page does not catch. */
function defineWindowEvents() {
  const target = new EventTarget();
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent'])
    define(name, Reflect.get(target, name).bind(target));
  process.on('uncaughtException', reportException);
  process.on('unhandledRejection', (reason) => {
    target.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason }));
  });
  /** @param {unknown} error */
  function reportException(error) {
    target.dispatchEvent(Object.assign(new Event('error'), { error, message: String(error) }));
  }
  return reportException;
}

/** Names under `localhost` are this machine (RFC 6761 §6.3). A browser knows that; Node asks the system, which may not. */
function resolveLocalhost() {
  const { lookup } = dns;
  const here = (/** @type {string} */ name, /** @type {unknown[]} */ ...rest) =>
    Reflect.apply(lookup, dns, [name.replace(/^.*\.localhost$/, 'localhost'), ...rest]);
  Reflect.set(dns, 'lookup', here);
}

/** Tests that hang are stopped before the page is, so that the results of the others are kept. */
const HANG_MS = 45_000;

resolveLocalhost();
await defineClient();
definePage();
const reportException = defineWindowEvents();
const endTests = () => Reflect.get(globalThis, 'timeout')?.();
setTimeout(endTests, HANG_MS).unref();
process.once('beforeExit', endTests); // nothing is left that a test could wait for
for (const { src, text } of scriptsOf(await load(url))) {
  if (src?.endsWith('testharnessreport.js')) continue;
  try {
    runInThisContext(text ?? (await load(src ?? '')), { filename: src ?? url });
  } catch (error) {
    reportException(error); // as in a browser, the next script still runs
  }
  if (src?.endsWith('testharness.js')) reportResults();
}
