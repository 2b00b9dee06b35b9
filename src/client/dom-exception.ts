/** The errors that the WHATWG standard has for wrong arguments. */

/** The global of the time when this module is loaded: test environments replace it. */
const PlatformDOMException = globalThis.DOMException;

export function domException(message: string, name: string): DOMException {
  return new PlatformDOMException(message, name);
}
