/** A Connection whose events and output a test can read as text. */
import { Connection } from '../../src/protocol/connection.ts';
import type { ConnectionOptions } from '../../src/protocol/connection-options.ts';
import { ProtocolError, type ViolationId } from '../../src/protocol/errors.ts';
import type { Role } from '../../src/protocol/frame.ts';
import type { Message } from '../../src/protocol/message.ts';
import type { Receiver } from '../../src/protocol/receiver.ts';
import { fromHex, toHex } from '../support/vectors.ts';

export class Endpoint implements Receiver {
  readonly connection: Connection;
  /** What came, in the order of the wire: `text "Hello"`, `binary 01 02`, `ping 61`, `pong`. */
  readonly events: string[] = [];
  answersPings: boolean | undefined;
  takesMessagesWhileClosing: boolean | undefined;
  /** What a test does while an event is handed over. */
  onEvent: (event: string) => void = () => {};

  /** A client masks with the key `00 00 00 00`, unless told otherwise, so that what it writes can be read. */
  constructor(role: Role, options: Partial<ConnectionOptions> = {}) {
    this.connection = new Connection(
      { role, maxMessageBytes: 1024 * 1024, maskingKey: () => 0, ...options },
      this,
    );
  }

  /** Hands over chunks one after the other; copies, because a connection unmasks in place. */
  receive(...chunks: readonly (string | Uint8Array)[]): this {
    for (const chunk of chunks) {
      this.connection.receive(typeof chunk === 'string' ? fromHex(chunk) : new Uint8Array(chunk));
    }
    return this;
  }

  /** Takes what waits to be written, as hexadecimal digits. */
  output(): string {
    return toHex(this.connection.takeOutput());
  }

  /** Which rule the peer broke, if it did. */
  get violation(): ViolationId | undefined {
    const { error } = this.connection;
    return error instanceof ProtocolError ? error.violation : undefined;
  }

  message(data: Message): void {
    this.#log(describeMessage(data));
  }

  ping(payload: Uint8Array): void {
    this.#log(`ping ${toHex(payload)}`.trimEnd());
  }

  pong(payload: Uint8Array): void {
    this.#log(`pong ${toHex(payload)}`.trimEnd());
  }

  #log(event: string): void {
    this.events.push(event);
    this.onEvent(event);
  }
}

/** How an {@link Endpoint} notes a message. */
export function describeMessage(data: Message): string {
  return typeof data === 'string' ? `text ${JSON.stringify(data)}` : `binary ${toHex(data)}`.trimEnd();
}
