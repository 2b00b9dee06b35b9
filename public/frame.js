/** What a message is on the wire: its frame (RFC 6455, section 5.2). */

const encoder = new TextEncoder();

/** @param {string} text @returns {number} bytes in UTF-8 */
export function bytesOf(text) {
  return encoder.encode(text).length;
}

/**
 * FIN and opcode 1, then MASK and the length.
 * @param {number} payload bytes
 * @returns {string} in hexadecimal
 */
export function headerOf(payload) {
  const view = new DataView(new ArrayBuffer(10));
  view.setUint8(0, 0x81);
  let length = 2;
  if (payload < 126) view.setUint8(1, 0x80 | payload);
  else if (payload <= 0xffff) {
    view.setUint8(1, 0xfe);
    view.setUint16(2, payload);
    length = 4;
  } else {
    view.setUint8(1, 0xff);
    view.setBigUint64(2, BigInt(payload));
    length = 10;
  }
  const bytes = [...new Uint8Array(view.buffer, 0, length)];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ');
}
