const encoder = new TextEncoder();

/**
 * The frame of a text on the wire (RFC 6455, section 5.2): FIN and opcode 1, then MASK and the length.
 * @param {string} text
 * @returns {{ payload: number, header: string | undefined }} no header if a browser may fragment
 */
export function frameOf(text) {
  const payload = encoder.encode(text).length;
  if (payload > 0xffff) return { payload, header: undefined };
  const length = payload < 126 ? [0x80 | payload] : [0xfe, payload >> 8, payload & 0xff];
  const hex = [0x81, ...length].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase());
  return { payload, header: hex.join(' ') };
}
