/**
 * Encrypted rooms: AES-GCM with a key that is in the fragment of the URL, which browsers do not send. The server keeps what
 * comes out of here, and cannot move it to another room, message or author: these are authenticated with it.
 *
 * A sealed text is base64url of 12 random bytes and the ciphertext. What is authenticated beside it is the JSON of
 * `["chat.v1", room, id, id of the sender, target or 0]`.
 */

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Browsers have WebCrypto in secure contexts only: https, and this machine. */
export const canEncrypt = globalThis.crypto?.subtle !== undefined;

/** @typedef {{ room: string, id: string, sender: string, target: number }} Context */

/** @param {Uint8Array} bytes */
function toBase64Url(bytes) {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} @throws for what is no base64url */
function fromBase64Url(text) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** @returns {string} a new key, as it is written in a URL: 256 bits */
export function newKey() {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/** @param {string} key @returns {Promise<CryptoKey | undefined>} undefined for what is no key */
export async function importKey(key) {
  try {
    const bytes = fromBase64Url(key);
    return await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
  } catch {
    return undefined;
  }
}

/** @param {Context} context */
function authenticated({ room, id, sender, target }) {
  return new TextEncoder().encode(JSON.stringify(['chat.v1', room, id, sender, target]));
}

/** @param {CryptoKey} key @param {Context} context @param {string} text */
export async function seal(key, context, text) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const algorithm = { name: 'AES-GCM', iv, additionalData: authenticated(context) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, new TextEncoder().encode(text)));
  const whole = new Uint8Array(IV_BYTES + sealed.length);
  whole.set(iv);
  whole.set(sealed, IV_BYTES);
  return toBase64Url(whole);
}

/**
 * @param {CryptoKey} key
 * @param {Context} context
 * @param {string} sealed
 * @returns {Promise<string | undefined>} undefined if it was not sealed with this key for this room, message and sender
 */
export async function unseal(key, context, sealed) {
  try {
    const bytes = fromBase64Url(sealed);
    const algorithm = {
      name: 'AES-GCM',
      iv: bytes.subarray(0, IV_BYTES),
      additionalData: authenticated(context),
    };
    const text = await crypto.subtle.decrypt(algorithm, key, bytes.subarray(IV_BYTES));
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(text);
  } catch {
    return undefined;
  }
}

/** How long a text of so many bytes is when it is sealed. @param {number} bytes */
export function sealedBytes(bytes) {
  return Math.ceil(((IV_BYTES + bytes + TAG_BYTES) * 4) / 3);
}
