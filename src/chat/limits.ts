/** What the chat allows. A client is told all of it in its first message. */

export interface Limits {
  /** Bytes of one text, in UTF-8. @defaultValue 65,536 */
  readonly textBytes: number;
  /** Messages that a connection may send in a second, on average. @defaultValue 10 */
  readonly perSecond: number;
  /** Messages that a connection may send at once. @defaultValue 30 */
  readonly burst: number;
  /** Rooms that a connection may be in. @defaultValue 20 */
  readonly rooms: number;
  /** Connections from one address. @defaultValue 256 */
  readonly connections: number;
  /** Entries of one page of history. @defaultValue 100 */
  readonly historyPage: number;
  /** Members from which on a room is one for very many. @defaultValue 500 */
  readonly crowd: number;
  /** How often a room for very many gets what was said, in milliseconds. @defaultValue 100 */
  readonly crowdTickMs: number;
  /** Messages that a member of a room for very many may send in a second. @defaultValue 1 */
  readonly crowdPerSecond: number;
}

export const DEFAULT_LIMITS: Limits = {
  textBytes: 65_536,
  perSecond: 10,
  burst: 30,
  rooms: 20,
  connections: 256,
  historyPage: 100,
  crowd: 500,
  crowdTickMs: 100,
  crowdPerSecond: 1,
};

/** Codes of §7.4.1, and of this chat: docs/chat-protocol.md. */
export const CLOSE = {
  /** "an endpoint that understands only text data" */
  unsupportedData: 1003,
  tooLarge: 1009,
  tryAgainLater: 1013,
  sessionEnded: 4001,
  badMessages: 4002,
  tooFast: 4008,
  tooManyConnections: 4009,
} as const;
