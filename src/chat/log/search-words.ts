/** Text as the index of SQLite gets it, and queries, which are data and never syntax. */

/** Scripts that put no space between words, and Hangul, whose words have endings. */
const EACH_A_WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
/** The most words of a query; the others are not looked for. */
const MAX_WORDS = 16;

/** With each Chinese, Japanese or Korean character as a word of its own. */
export function spaced(text: string): string {
  return text.normalize('NFKC').replaceAll('\0', ' ').replace(EACH_A_WORD, ' $& ');
}

/** What finds all words of a query in a room; each is a phrase. Undefined without a letter or a digit to look for. */
export function matchOf(room: number, query: string): string | undefined {
  const words = query.normalize('NFKC').replaceAll('"', ' ').split(/\s+/u); // NFKC makes quotes of others
  const phrases = words.filter((word) => /[\p{L}\p{N}]/u.test(word)).slice(0, MAX_WORDS);
  if (phrases.length === 0) return undefined;
  return `room:"${room}" AND text:(${phrases.map((phrase) => `"${spaced(phrase)}"`).join(' ')})`;
}
