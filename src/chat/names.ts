/** The names of people and of rooms, as the chat takes them. */

/** What hides or turns text: control and format characters, lone surrogates. Joiners and tags are parts of letters and emoji. */
const HIDDEN = /[\p{Cc}\p{Cs}]|(?!\u200c|\u200d|[\u{e0020}-\u{e007f}])\p{Cf}/u;
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u;

/**
 * A name of 1 to 32 code points in NFC, trimmed, with single spaces.
 * @returns undefined for what is no such name, or has characters that hide or turn others
 */
export function cleanName(name: unknown): string | undefined {
  if (typeof name !== 'string' || name.length > 1_000) return undefined;
  const trimmed = name.trim().normalize('NFC');
  if (HIDDEN.test(trimmed) || !VISIBLE.test(trimmed)) return undefined;
  const clean = trimmed.replace(/\s+/gu, ' ');
  return [...clean].length <= 32 ? clean : undefined;
}

/** Whether this names a room: 1 to 64 letters, digits, `-` and `_`, of any script, with their marks; lower case, in NFC. */
export function isRoomName(name: string): boolean {
  return /^[\p{L}\p{M}\p{N}_-]{1,64}$/u.test(name) && name === name.toLowerCase().normalize('NFC');
}
