/** What a peer has done wrong, in the words and with the codes of ws. */
import { nextTick } from 'node:process';
import type { ProtocolError, ViolationId } from '../index.ts';

type ErrorClass = new (message: string, options?: ErrorOptions) => Error;

interface Wording {
  readonly code: string;
  /** @param found as {@link ProtocolError.found} */
  readonly message: (found: number) => string;
  /** @defaultValue RangeError */
  readonly type?: ErrorClass;
  readonly errno?: number;
}

const inFrame = (code: string, text: string): Wording => ({
  code,
  message: (found) => `Invalid WebSocket frame: ${text.replace('#', `${found}`)}`,
});

const whole = (code: string, text: string): Wording => ({ code, message: () => text });

const INVALID_UTF8: Wording = { ...inFrame('WS_ERR_INVALID_UTF8', 'invalid UTF-8 sequence'), type: Error };

const WORDINGS: Readonly<Record<ViolationId, Wording>> = {
  'reserved-bit-set': {
    code: 'WS_ERR_UNEXPECTED_RSV_1',
    message: () => 'Invalid WebSocket frame: RSV1 must be clear',
  },
  'reserved-opcode': inFrame('WS_ERR_INVALID_OPCODE', 'invalid opcode #'),
  'nothing-to-continue': inFrame('WS_ERR_INVALID_OPCODE', 'invalid opcode 0'),
  'message-not-finished': inFrame('WS_ERR_INVALID_OPCODE', 'invalid opcode #'),
  // ws takes these.
  'length-not-minimal': inFrame(
    'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
    'the payload length is not minimal',
  ),
  'length-out-of-range': whole(
    'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
    'Unsupported WebSocket frame: payload length > 2^53 - 1',
  ),
  'unmasked-frame': inFrame('WS_ERR_EXPECTED_MASK', 'MASK must be set'),
  'masked-frame': inFrame('WS_ERR_UNEXPECTED_MASK', 'MASK must be clear'),
  'fragmented-control-frame': inFrame('WS_ERR_EXPECTED_FIN', 'FIN must be set'),
  'control-frame-too-long': inFrame('WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', 'invalid payload length #'),
  'close-payload-too-short': inFrame('WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', 'invalid payload length 1'),
  'invalid-close-code': inFrame('WS_ERR_INVALID_CLOSE_CODE', 'invalid status code #'),
  'invalid-utf8': INVALID_UTF8,
  'invalid-close-reason': INVALID_UTF8,
  'message-too-big': whole('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'Max payload size exceeded'),
  'too-many-fragments': whole('WS_ERR_TOO_MANY_BUFFERED_PARTS', 'Too many message fragments'),
  // What zlib says.
  'invalid-compressed-data': { ...whole('Z_DATA_ERROR', 'invalid compressed data'), type: Error, errno: -3 },
};

const RSV_2_3 = inFrame('WS_ERR_UNEXPECTED_RSV_2_3', 'RSV2 and RSV3 must be clear');

/** The errors of the transport, and the end of it without a Close frame, are none that ws tells. */
export function errorOf(error: ProtocolError): Error & { code: string } {
  const { violation, found = 0 } = error;
  const isOther = violation === 'reserved-bit-set' && (found & 0x30) !== 0;
  const { code, message, type = RangeError, errno } = isOther ? RSV_2_3 : WORDINGS[violation];
  const worded = new type(message(found), { cause: error });
  return Object.assign(worded, errno === undefined ? { code } : { code, errno });
}

/** For what one of the user's functions has thrown: an uncaught exception, and no end of the connection. */
export function throwOutside(error: unknown): void {
  nextTick(() => {
    throw error;
  });
}
