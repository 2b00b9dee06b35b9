/** What a connection calls: the other side of its interface. */
import type { ProtocolError } from './errors.ts';
import type { Message } from './message.ts';
import type { TracedFrame } from './traced-frame.ts';

/** Where output can go before the connection's owner takes it. Must not send anything itself. */
export interface Sink {
  /** Takes the output, if it can pass all of it on to the system now. @returns whether it did */
  takeAtOnce(): boolean;
  /** Takes a frame whose payload never changes. To be called only where all output was taken just before. */
  takeFrame(header: Uint8Array, payload: Uint8Array): void;
}

/** What a connection calls while it writes. */
export interface WriterReceiver {
  /** Is called for every frame, if it is defined. */
  readonly frame?: ((frame: TracedFrame) => void) | undefined;
  /** For long messages of a server. @defaultValue none: the owner takes all output */
  readonly sink?: Sink | undefined;
}

/**
 * What a connection calls while it reads, in the order of the wire. These are calls and not a list of events: a call takes
 * 4 ns, and the receiver can pause or close between two messages of one chunk. A receiver must not throw.
 */
export interface Receiver extends WriterReceiver {
  /** Whether text messages come as bytes too: verified, and not decoded. @defaultValue false */
  readonly keepsText?: boolean | undefined;
  /**
   * Gives the memory for messages that are bytes. Must return as many bytes as it is asked for, and not throw.
   * @defaultValue for each message an `ArrayBuffer` that holds nothing else
   */
  readonly allocate?: ((byteLength: number) => Uint8Array) | undefined;
  /** Whether a Ping is answered by itself, as §5.5.2 demands. Where not, {@link ping} has to do it. @defaultValue true */
  readonly answersPings?: boolean | undefined;
  /** Whether messages are delivered that come after our own Close frame, until the peer's has come. @defaultValue false */
  readonly takesMessagesWhileClosing?: boolean | undefined;
  /** Whether our Close frame names the rule that the peer has broken, if it has broken one. @defaultValue true */
  readonly explainsFailures?: boolean | undefined;
  /** A whole message, only while the connection is open, or {@link takesMessagesWhileClosing}. */
  message(data: Message, isText: boolean): void;
  /**
   * A part of the message that `Connection.readInParts` has asked for, as soon as it has come, only while the connection is
   * open. The type tells that of the message. Text is in whole characters. The first part comes with the header of the first
   * frame: like any other it may be empty.
   * @param isLast whether it completes the message
   */
  part?(data: Message, isLast: boolean): void;
  /** A Ping frame. Where {@link answersPings}, its Pong is written, or owed while `congested`. */
  ping?(payload: Uint8Array): void;
  /** A Pong frame, requested or not. */
  pong?(payload: Uint8Array): void;
  /** The connection was failed, because the peer has broken a rule: the Close frame is written, and nothing more is read. */
  failed?(error: ProtocolError): void;
  /** The connection is about to leave the state `open`: the last moment to send a message. */
  closing?(): void;
}
