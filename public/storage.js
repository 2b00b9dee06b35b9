/** What this browser remembers for the page: small values under a prefix. It may be switched off; the chat works without it. */

const PREFIX = 'barewire.';

/** @param {string} name @returns {unknown} undefined if there is none */
export function recall(name) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {string} name @param {unknown} value undefined removes it */
export function remember(name, value) {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Full, or switched off.
  }
}

/** Calls `onChange` when another tab has changed a value. @param {(name: string) => void} onChange */
export function onOtherTab(onChange) {
  addEventListener('storage', ({ key }) => {
    if (key?.startsWith(PREFIX)) onChange(key.slice(PREFIX.length));
  });
}
