/** Finds links in a text: http and https, and nothing else that is markup. */

/** @typedef {{ text: string, href?: string }} Part */

// ASCII only: in Chinese a link is often followed by text without a space, and a look-alike letter makes no link.
const URL_LIKE = /\bhttps?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/gi;
const OPENING = { ')': '(', ']': '[' };

/** @param {string} url @returns {string} without what belongs to the sentence around it */
function withoutTail(url) {
  let end = url.length;
  for (; end > 0; end--) {
    const last = url[end - 1] ?? '';
    if (/[.,;:!?'*_~]/.test(last)) continue;
    const opening = OPENING[/** @type {keyof typeof OPENING} */ (last)];
    const body = url.slice(0, end);
    if (opening && body.split(last).length > body.split(opening).length) continue;
    break;
  }
  return url.slice(0, end);
}

/** @param {string} text @returns {string | undefined} the address, if it is one that may be a link */
function hrefOf(text) {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password, hostname, href } = new URL(text);
  // "https://bank.example@evil.example" is to look like what it is: text.
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '' || hostname === '') return undefined;
  return href;
}

/** @param {string} text @returns {Part[]} the text in parts, which together are the text */
export function linkify(text) {
  /** @type {Part[]} */
  const parts = [];
  let done = 0;
  for (const match of text.matchAll(URL_LIKE)) {
    const shown = withoutTail(match[0]);
    const href = hrefOf(shown);
    if (!href) continue;
    if (match.index > done) parts.push({ text: text.slice(done, match.index) });
    parts.push({ text: shown, href });
    done = match.index + shown.length;
  }
  if (done < text.length) parts.push({ text: text.slice(done) });
  return parts;
}
