/** What an Origin header may say (§4.1 item 8, RFC 6454 §6.2): `null`, or scheme://host, with a port unless it is the default. */

/** The length is bounded too: the text may come from a stranger. */
const ORIGIN = /^(null|[a-z][a-z0-9+.-]{0,30}:\/\/[a-zA-Z0-9.\-_[\]:]{1,260})$/;

/**
 * Whether a text is an origin as browsers write it, `null` included. The origin of a web page is in lower case and does not name
 * the default port of its scheme.
 */
export function isOrigin(text: string): boolean {
  if (!ORIGIN.test(text)) return false;
  return !/^https?:/.test(text) || originOf(text) === text;
}

/** The origin of a web address; undefined for anything else. */
export function originOf(url: string): string | undefined {
  return /^https?:/i.test(url) && URL.canParse(url) ? new URL(url).origin : undefined;
}
