/** What two ends agree on of permessage-deflate (RFC 7692), with the options of ws and by its rules. */
import type { DeflateOptions } from '../index.ts';
import { extension, type Parameters } from './extension.ts';

export interface PerMessageDeflateOptions {
  serverNoContextTakeover?: boolean | undefined;
  clientNoContextTakeover?: boolean | undefined;
  /** False: a client that names a size is declined. */
  serverMaxWindowBits?: boolean | number | undefined;
  /** False: a client does not say that it can be told a size. */
  clientMaxWindowBits?: boolean | number | undefined;
  /** Without context takeover, shorter messages are not compressed. @defaultValue 1024 */
  threshold?: number | undefined;
  /** Not used: messages are compressed at once, without zlib. */
  zlibDeflateOptions?: object | undefined;
  /** Not used. */
  zlibInflateOptions?: object | undefined;
  /** Not used. */
  concurrencyLimit?: number | undefined;
  isServer?: boolean | undefined;
  maxPayload?: number | undefined;
}

/** What was agreed on, by the names of RFC 7692 §7.1. */
export type DeflateParameters = Record<string, true | number>;

const NAME = 'permessage-deflate';

const FLAGS: readonly string[] = ['server_no_context_takeover', 'client_no_context_takeover'];
const SIZES: readonly string[] = ['server_max_window_bits', 'client_max_window_bits'];

export class PerMessageDeflate {
  static get extensionName(): string {
    return NAME;
  }

  /** What was agreed on; null before. */
  params: DeflateParameters | null = null;
  readonly #options: PerMessageDeflateOptions;

  constructor(options: PerMessageDeflateOptions = {}) {
    this.#options = options;
  }

  /** What a client offers. */
  offer(): DeflateParameters {
    const { serverNoContextTakeover, clientNoContextTakeover } = this.#options;
    const { serverMaxWindowBits } = this.#options;
    const clientMaxWindowBits = this.#options.clientMaxWindowBits ?? true;
    const parameters: DeflateParameters = {};
    if (serverNoContextTakeover) parameters['server_no_context_takeover'] = true;
    if (clientNoContextTakeover) parameters['client_no_context_takeover'] = true;
    if (serverMaxWindowBits) parameters['server_max_window_bits'] = serverMaxWindowBits;
    if (clientMaxWindowBits) parameters['client_max_window_bits'] = clientMaxWindowBits;
    return parameters;
  }

  /**
   * On a server, chooses one of the offers; on a client, takes the answer.
   * @throws for a parameter that is malformed or cannot be met
   */
  accept(configurations: readonly Parameters[]): DeflateParameters {
    const all = configurations.map((parameters) => this.#verified(parameters));
    this.params = this.#options.isServer ? this.#choose(all) : this.#take(all[0] ?? {});
    return this.params;
  }

  /** There is nothing to clean up. */
  cleanup(): void {}

  #verified(parameters: Parameters): DeflateParameters {
    const entries = Object.entries(parameters).map(([name, values]): [string, true | number] => {
      if (values.length > 1) throw new Error(`Parameter "${name}" must have only a single value`);
      return [name, this.#value(name, values[0])];
    });
    return Object.assign(Object.create(null), Object.fromEntries(entries));
  }

  #value(name: string, value: string | number | true | undefined): true | number {
    const isFlag = FLAGS.includes(name);
    if (!isFlag && !SIZES.includes(name)) throw new Error(`Unknown parameter "${name}"`);
    // A client's window may be left to the server, in an offer.
    if (value === true && (isFlag || (this.#options.isServer && name === 'client_max_window_bits')))
      return true;
    const bits = value === true ? Number.NaN : Number(value);
    if (!isFlag && Number.isInteger(bits) && bits >= 8 && bits <= 15) return bits;
    throw new TypeError(`Invalid value for parameter "${name}": ${value}`);
  }

  #choose(offers: readonly DeflateParameters[]): DeflateParameters {
    const chosen = offers.find((offer) => this.#canMeet(offer));
    if (chosen === undefined) throw new Error('None of the extension offers can be accepted');
    const { serverNoContextTakeover, clientNoContextTakeover } = this.#options;
    const { serverMaxWindowBits, clientMaxWindowBits } = this.#options;
    if (serverNoContextTakeover) chosen['server_no_context_takeover'] = true;
    if (clientNoContextTakeover) chosen['client_no_context_takeover'] = true;
    if (typeof serverMaxWindowBits === 'number') chosen['server_max_window_bits'] = serverMaxWindowBits;
    if (typeof clientMaxWindowBits === 'number') chosen['client_max_window_bits'] = clientMaxWindowBits;
    else if (chosen['client_max_window_bits'] === true || clientMaxWindowBits === false)
      delete chosen['client_max_window_bits'];
    return chosen;
  }

  #canMeet(offer: DeflateParameters): boolean {
    const { serverNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } = this.#options;
    const { server_max_window_bits: serverBits, client_max_window_bits: clientBits } = offer;
    if (serverNoContextTakeover === false && offer['server_no_context_takeover']) return false;
    if (serverBits && serverMaxWindowBits === false) return false;
    if (serverBits && typeof serverMaxWindowBits === 'number' && serverMaxWindowBits > Number(serverBits))
      return false;
    if (typeof clientMaxWindowBits !== 'number' || clientBits === true) return true;
    return clientBits !== undefined && clientMaxWindowBits <= clientBits;
  }

  #take(answer: DeflateParameters): DeflateParameters {
    const { clientNoContextTakeover, clientMaxWindowBits } = this.#options;
    if (clientNoContextTakeover === false && answer['client_no_context_takeover'])
      throw new Error('Unexpected parameter "client_no_context_takeover"');
    const bits = answer['client_max_window_bits'];
    if (bits === undefined) {
      if (typeof clientMaxWindowBits === 'number') answer['client_max_window_bits'] = clientMaxWindowBits;
    } else if (
      clientMaxWindowBits === false ||
      (typeof clientMaxWindowBits === 'number' && Number(bits) > clientMaxWindowBits)
    ) {
      throw new Error('Unexpected or invalid parameter "client_max_window_bits"');
    }
    return answer;
  }
}

/** The Sec-WebSocket-Extensions header with these parameters. */
export function deflateHeader(parameters: DeflateParameters): string {
  return extension.format({ [NAME]: parameters });
}

/** The option, as ws takes it. @returns undefined where messages are not to be compressed */
export function deflateOptions(
  option: boolean | PerMessageDeflateOptions | null | undefined,
): PerMessageDeflateOptions | undefined {
  if (!option) return undefined;
  return option === true ? {} : option;
}

/**
 * The same for barewire. What is to be compressed is decided for each message, by the rule of ws. How far it refers back is up to
 * the side that compresses: without a number that is the default of barewire, 4 KiB, which takes less memory and time than the
 * 32 KiB of ws.
 */
export function windowsOf(
  options: PerMessageDeflateOptions | undefined,
  role: 'client' | 'server',
): DeflateOptions {
  const bits = role === 'client' ? options?.clientMaxWindowBits : options?.serverMaxWindowBits;
  return { thresholdBytes: 0, ...(typeof bits === 'number' && { windowBits: bits }) };
}

/** Below how many bytes an end does not compress a message: with context takeover, ws compresses all. */
export function thresholdOf(
  {
    perMessageDeflate,
  }: { readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | null | undefined },
  isServer: boolean,
  extensions: string,
): number {
  if (!extensions.includes(`${isServer ? 'server' : 'client'}_no_context_takeover`)) return 0;
  return deflateOptions(perMessageDeflate)?.threshold ?? 1024;
}
