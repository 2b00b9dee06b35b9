/**
 * The functions of `node.ts` in portable JavaScript, for browsers and for readers. They are described there.
 */

const encoder = new TextEncoder();
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const Words: Int32ArrayConstructor = Int32Array;

export function allocate(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength);
}

export function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
  }
  return length;
}

export function encodeUtf8(text: string, into: Uint8Array, offset: number, _byteLength?: number): number {
  return encoder.encodeInto(text, into.subarray(offset)).written;
}

export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  return lenient.decode(bytes.subarray(start, end));
}

export function decodeBytes(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

export function decodeIfUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return strict.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}

export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  return decodeIfUtf8(bytes, start, end) !== undefined;
}

/** RFC 3174. The Web Crypto API has SHA-1 too, but only as a promise. */
export function sha1Base64(text: string): string {
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const padded = padForSha1(text);
  for (let offset = 0; offset < padded.byteLength; offset += 64) {
    addSha1Block(state, new DataView(padded.buffer, offset, 64));
  }
  const digest = new DataView(new ArrayBuffer(20));
  state.forEach((word, i) => {
    digest.setUint32(4 * i, word);
  });
  return btoa(String.fromCharCode(...new Uint8Array(digest.buffer)));
}

/** RFC 3174 §4: one bit 1, zeros, and the length in bits, to a multiple of 64 bytes. */
function padForSha1(text: string): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((text.length + 9) / 64) * 64);
  for (let i = 0; i < text.length; i++) padded[i] = text.charCodeAt(i);
  padded[text.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, 8 * text.length);
  return padded;
}

/** RFC 3174 §5 and §6.1: the function and the constant of each of the four rounds of 20 steps. */
const ROUNDS: readonly [mix: (b: number, c: number, d: number) => number, constant: number][] = [
  [(b, c, d) => (b & c) | (~b & d), 0x5a827999],
  [(b, c, d) => b ^ c ^ d, 0x6ed9eba1],
  [(b, c, d) => (b & c) | (b & d) | (c & d), 0x8f1bbcdc],
  [(b, c, d) => b ^ c ^ d, 0xca62c1d6],
];

function addSha1Block(state: Uint32Array, block: DataView): void {
  const words = new Int32Array(80);
  for (let t = 0; t < 16; t++) words[t] = block.getInt32(4 * t);
  for (let t = 16; t < 80; t++) {
    words[t] = rotateLeft(words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!, 1);
  }
  let [a, b, c, d, e] = state as unknown as [number, number, number, number, number];
  for (let t = 0; t < 80; t++) {
    const [mix, constant] = ROUNDS[Math.floor(t / 20)]!;
    const next = (rotateLeft(a, 5) + mix(b, c, d) + e + words[t]! + constant) | 0;
    [a, b, c, d, e] = [next, a, rotateLeft(b, 30), c, d];
  }
  [a, b, c, d, e].forEach((word, i) => {
    state[i]! += word;
  });
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
