/** The parameters of permessage-deflate, RFC 7692 §5 and §7.1: what a client offers, a server accepts, a client verifies. */
import type { Extension } from '../handshake/headers.ts';

const EXTENSION_NAME = 'permessage-deflate';

/** The smallest and the largest window: 2^8 and 2^15 bytes (RFC 7692 §7.1.2). */
export const MIN_WINDOW_BITS = 8;
export const MAX_WINDOW_BITS = 15;

/** What one side is willing to do. */
export interface DeflateTerms {
  /** The size of the window for what this side sends. */
  readonly windowBits: number;
  /** Whether messages of this side may refer to its earlier messages. */
  readonly contextTakeover: boolean;
  /** The largest window that the peer may use, if it can be told: a client may not support that (RFC 7692 §7.1.2.2). */
  readonly peerWindowBits: number;
  /** Whether messages of the peer may refer to its earlier messages. */
  readonly peerContextTakeover: boolean;
}

/** How one direction is compressed. */
export interface Compression {
  readonly windowBits: number;
  readonly contextTakeover: boolean;
}

/** What both sides have agreed on. */
export interface DeflateAgreement {
  /** What this side sends. */
  readonly outgoing: Compression;
  /** What the peer sends. */
  readonly incoming: Compression;
  /** The element of the answer's Sec-WebSocket-Extensions. */
  readonly extension: Extension;
}

/** The parameters of an offer or an answer; those that are not there are false or undefined. */
interface Parameters {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  serverMaxWindowBits: number | undefined;
  /** True without a value: then the client can be told any size. */
  clientMaxWindowBits: number | true | undefined;
}

/**
 * The offer of a client, RFC 7692 §7.1: it can be told its window, and limits the window of the server if its terms do. It
 * does not name a window of its own, because some servers decline an offer that does. It may use a smaller one than was
 * agreed on without saying so (RFC 7692 §7.1.2.2), and {@link verifyAnswer} chooses that.
 */
export function offer(terms: DeflateTerms): Extension {
  return extension({
    serverNoContextTakeover: !terms.peerContextTakeover,
    clientNoContextTakeover: !terms.contextTakeover,
    serverMaxWindowBits: terms.peerWindowBits < MAX_WINDOW_BITS ? terms.peerWindowBits : undefined,
    clientMaxWindowBits: true,
  });
}

/**
 * A server's choice among the offers of a client, in the client's order. A malformed offer is declined, and the next one is
 * tried (RFC 7692 §5.1). A well-formed offer can always be met: with a smaller window, or without context takeover.
 * @returns undefined if none can be accepted
 */
export function acceptOffer(offers: readonly Extension[], terms: DeflateTerms): DeflateAgreement | undefined {
  for (const { name, parameters } of offers) {
    const offered = name === EXTENSION_NAME ? parse(parameters) : undefined;
    if (offered !== undefined) return accept(offered, terms);
  }
  return undefined;
}

function accept(offered: Parameters, terms: DeflateTerms): DeflateAgreement {
  const { serverMaxWindowBits: serverLimit, clientMaxWindowBits: clientLimit } = offered;
  const windowBits = Math.min(serverLimit ?? MAX_WINDOW_BITS, terms.windowBits);
  // RFC 7692 §7.1.2.2: only a client that offers the parameter may be told its window.
  const mayBe = clientLimit === undefined ? MAX_WINDOW_BITS : terms.peerWindowBits;
  const peerWindowBits = typeof clientLimit === 'number' ? Math.min(clientLimit, mayBe) : mayBe;
  const answer: Parameters = {
    // RFC 7692 §7.1.1.1: what the client requests of the server must be in the answer.
    serverNoContextTakeover: offered.serverNoContextTakeover || !terms.contextTakeover,
    clientNoContextTakeover: offered.clientNoContextTakeover || !terms.peerContextTakeover,
    serverMaxWindowBits: serverLimit !== undefined || windowBits < MAX_WINDOW_BITS ? windowBits : undefined,
    clientMaxWindowBits: peerWindowBits < MAX_WINDOW_BITS ? peerWindowBits : undefined,
  };
  return {
    outgoing: { windowBits, contextTakeover: !answer.serverNoContextTakeover },
    incoming: { windowBits: peerWindowBits, contextTakeover: !answer.clientNoContextTakeover },
    extension: extension(answer),
  };
}

/**
 * Verifies, on a client, the answer to its offer.
 * @returns undefined if the answer is malformed or does not match the offer: the client fails the connection (RFC 7692 §5.1)
 */
export function verifyAnswer(
  granted: readonly Extension[],
  terms: DeflateTerms,
): DeflateAgreement | undefined {
  const agreement = agreementFor('client', granted, terms);
  if (agreement === undefined) return undefined;
  const { windowBits, contextTakeover } = agreement.incoming;
  if (windowBits > terms.peerWindowBits) return undefined; // RFC 7692 §7.1.2.1: that or less
  if (!terms.peerContextTakeover && contextTakeover) return undefined; // RFC 7692 §7.1.1.1
  return agreement;
}

/**
 * What an answer means for one end. Nothing is compared with an offer.
 * @param terms what this end is willing to do: what it sends may use less than was agreed on (RFC 7692 §7.1.2.2)
 * @returns undefined if the answer is malformed, or has other extensions
 */
export function agreementFor(
  role: 'client' | 'server',
  granted: readonly Extension[],
  terms: Pick<DeflateTerms, 'windowBits' | 'contextTakeover'>,
): DeflateAgreement | undefined {
  const [only, ...others] = granted;
  if (only?.name !== EXTENSION_NAME || others.length > 0) return undefined;
  const answer = parse(only.parameters);
  if (answer === undefined || answer.clientMaxWindowBits === true) return undefined; // RFC 7692 §7.1.2.2: with a value
  const server: Compression = {
    windowBits: answer.serverMaxWindowBits ?? MAX_WINDOW_BITS,
    contextTakeover: !answer.serverNoContextTakeover,
  };
  const client: Compression = {
    windowBits: answer.clientMaxWindowBits ?? MAX_WINDOW_BITS,
    contextTakeover: !answer.clientNoContextTakeover,
  };
  const [own, incoming] = role === 'client' ? [client, server] : [server, client];
  const outgoing: Compression = {
    windowBits: Math.min(own.windowBits, terms.windowBits),
    contextTakeover: own.contextTakeover && terms.contextTakeover,
  };
  return { outgoing, incoming, extension: only };
}

/** @returns undefined if a parameter is unknown, a duplicate, or has an invalid value (RFC 7692 §7.1) */
function parse(parameters: Extension['parameters']): Parameters | undefined {
  const values = new Map(parameters);
  if (values.size !== parameters.length) return undefined;
  const flag = (name: string) => take(values, name, (value) => (value === true ? true : undefined));
  const bits = (name: string) => take(values, name, windowBitsOf);
  const serverNoContextTakeover = flag('server_no_context_takeover');
  const clientNoContextTakeover = flag('client_no_context_takeover');
  const serverMaxWindowBits = bits('server_max_window_bits');
  const clientMaxWindowBits =
    values.get('client_max_window_bits') === true
      ? flag('client_max_window_bits')
      : bits('client_max_window_bits');
  // What is left is unknown or invalid.
  if (values.size > 0) return undefined;
  return {
    serverNoContextTakeover: serverNoContextTakeover === true,
    clientNoContextTakeover: clientNoContextTakeover === true,
    serverMaxWindowBits,
    clientMaxWindowBits,
  };
}

/** Takes a parameter out of the map if its value is valid. */
function take<T>(
  values: Map<string, string | true>,
  name: string,
  read: (value: string | true | undefined) => T | undefined,
): T | undefined {
  const value = read(values.get(name));
  if (value !== undefined) values.delete(name);
  return value;
}

/** A window's size: 8 to 15, in decimal without leading zeros (RFC 7692 §7.1.2.1). */
function windowBitsOf(value: string | true | undefined): number | undefined {
  return typeof value === 'string' && /^([89]|1[0-5])$/.test(value) ? Number(value) : undefined;
}

function extension(parameters: Parameters): Extension {
  const { serverMaxWindowBits, clientMaxWindowBits } = parameters;
  const list: [string, string | true][] = [];
  if (parameters.serverNoContextTakeover) list.push(['server_no_context_takeover', true]);
  if (parameters.clientNoContextTakeover) list.push(['client_no_context_takeover', true]);
  if (serverMaxWindowBits !== undefined) list.push(['server_max_window_bits', `${serverMaxWindowBits}`]);
  if (clientMaxWindowBits !== undefined) {
    list.push(['client_max_window_bits', clientMaxWindowBits === true ? true : `${clientMaxWindowBits}`]);
  }
  return { name: EXTENSION_NAME, parameters: list };
}
