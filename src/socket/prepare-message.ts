/** A message that is made once and sent many times. */
import { copyOf } from '../protocol/bytes.ts';
import { PreparedMessage } from '../protocol/prepared-message.ts';
import type { SendOptions } from '../protocol/send-options.ts';
import { bytesOf, RULE, verifySendOptions } from './arguments.ts';

/**
 * Makes a message that is sent again and again: `socket.send(message)`, `server.publish(topic, message)`. A server encodes it
 * once; where compression was agreed on it compresses it once for each size of window, without reference to other messages.
 * So it pays off for what many sockets get at different times, such as the state of a game for each new player, and most where it is
 * compressed. Where all get it now, `publish` and `broadcast` do the same by themselves. A client masks every frame with
 * another key (RFC 6455 §5.3), so it gains nothing and sends it like any other message.
 *
 * Its bytes are kept until the message is garbage: once as they are, once as a frame, and once more for each window.
 * @param data a string, or bytes, which are copied now, unless `copy` is false
 * @param options how it is sent, each time: compressed or not, bytes as text
 * @throws {TypeError} for anything else than a string or bytes
 * @throws {UsageError} for bytes that are to be text and are not UTF-8, and for `fin: false`
 */
export function prepareMessage(
  data: string | ArrayBuffer | ArrayBufferView,
  options: SendOptions = {},
): PreparedMessage {
  verifySendOptions(options);
  if (typeof data === 'string') return new PreparedMessage(data, options);
  const bytes = bytesOf(data, RULE.published);
  return new PreparedMessage(options.copy === false ? bytes : copyOf(bytes), options);
}
