/** Sec-WebSocket-Key → Sec-WebSocket-Accept, §1.3 and §4.2.2 item 5.4. */
import { sha1Base64 } from '#platform';

/** A constant that only a WebSocket server uses: an answer with it is not just an echoed header (§1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The value that proves that the server has read the key: base64(SHA-1(key + GUID)). */
export function acceptKey(key: string): string {
  return sha1Base64(key + GUID);
}

/** Whether a key has the form of 16 bytes in base64 (§4.2.1 item 5). */
export function isHandshakeKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{22}==$/.test(key);
}

/** A fresh nonce of 16 random bytes in base64 (§4.1, request item 7). */
export function randomHandshakeKey(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
}
