/** WebSocketError, with which the streams say how a connection was closed, or is to be closed. */
import { CLOSE_CODE } from '../protocol/close.ts';
import { verifyCloseArguments } from './arguments.ts';
import { defineInterface, dictionary, enforcedUnsignedShort, usvString } from './web-idl.ts';

/** The Close frame of a connection. */
export interface StreamCloseInfo {
  /** The code in the peer's Close frame; 1005 if it had none. */
  readonly closeCode?: number;
  readonly reason?: string;
}

/** A close code and a reason, converted and checked as those of `close` on a client. */
interface CloseArguments {
  /** Undefined for a Close frame without a code. */
  readonly code: number | undefined;
  readonly reason: string;
}

/** @throws {TypeError} {@link DOMException} as `WebSocketStream.close` */
export function closeArguments(given: StreamCloseInfo | undefined): CloseArguments {
  const { closeCode, reason: givenReason } = dictionary<StreamCloseInfo>(given);
  const code = closeCode === undefined ? undefined : enforcedUnsignedShort(closeCode);
  const reason = givenReason === undefined ? '' : usvString(givenReason);
  verifyCloseArguments('browser', code, reason);
  return { code: code === undefined && reason !== '' ? CLOSE_CODE.normal : code, reason };
}

/** The way to the private fields for this module. */
let setEnd: (error: WebSocketError, closeCode: number | null, reason: string) => void;

/** How a connection of a WebSocketStream ended, or the reason of an abort or a cancel: the code and reason to close with. */
export class WebSocketError extends DOMException {
  #closeCode: number | null;
  #reason: string;

  /**
   * @param init the code and reason to close with; a reason without a code is sent with 1000
   * @throws {DOMException} `InvalidAccessError` for a code that a client may not send, `SyntaxError` for a reason of more
   * than 123 bytes
   * @throws {TypeError} for a code that is not a whole number
   */
  constructor(message = '', init: StreamCloseInfo = {}) {
    super(message, 'WebSocketError');
    const { code, reason } = closeArguments(init);
    this.#closeCode = code ?? null;
    this.#reason = reason;
  }

  /** The code; 1006 where there was no Close frame; null where there is none to send, or where no connection was open. */
  get closeCode(): number | null {
    return this.#closeCode;
  }

  get reason(): string {
    return this.#reason;
  }

  static {
    setEnd = (error, closeCode, reason) => {
      error.#closeCode = closeCode;
      error.#reason = reason;
    };
  }
}

/** An error that says how a connection ended: the codes are not those that may be sent. */
export function errorOfEnd(
  message: string,
  closeCode: number | null,
  reason: string,
  cause: unknown,
): WebSocketError {
  const error = new WebSocketError(message);
  setEnd(error, closeCode, reason);
  Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true });
  return error;
}

defineInterface(WebSocketError, 'WebSocketError', DOMException);
