/** The language of the page: the reader's, until they choose another one; switched without a reload. */
import { recall, remember } from './storage.js';
import { en } from './strings.en.js';
import { zhHans } from './strings.zh-hans.js';
import { zhHant } from './strings.zh-hant.js';

const LANGUAGES = [en, zhHans, zhHant];

/** @type {(() => void)[]} */
const listeners = [];

/** The texts, in the language of now. */
export let t = chosen();

/** @returns {import('./strings.en.js').Strings} */
function chosen() {
  const known = LANGUAGES.find(({ lang }) => lang === recall('language'));
  if (known) return known;
  const wanted = navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag)) ?? 'en';
  if (!/^zh/i.test(wanted)) return en;
  // The script counts more than the region: zh-Hans-HK.
  return !/hans/i.test(wanted) && /hant|-(tw|hk|mo)\b/i.test(wanted) ? zhHant : zhHans;
}

/** Puts the fixed texts of the page into the language of now. */
function localize() {
  const table = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (t));
  const text = (/** @type {Element} */ element, /** @type {string} */ name) =>
    String(table[element.getAttribute(name) ?? '']);
  document.documentElement.lang = t.lang;
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = text(element, 'data-t');
  for (const element of document.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', text(element, 'data-t-label'));
  }
  for (const element of document.querySelectorAll('[data-t-title]')) {
    element.setAttribute('title', text(element, 'data-t-title'));
  }
  for (const select of document.querySelectorAll('select.language')) {
    if (select instanceof HTMLSelectElement) select.value = t.lang;
  }
}

/** @param {() => void} listener called now, and after each switch */
export function onLanguage(listener) {
  listeners.push(listener);
  listener();
}

/** Localizes the page, and its language switches. */
export function startLanguage() {
  for (const select of document.querySelectorAll('select.language')) {
    if (!(select instanceof HTMLSelectElement)) continue;
    select.addEventListener('change', () => {
      remember('language', select.value);
      t = chosen();
      localize();
      for (const listener of listeners) listener();
    });
  }
  localize();
}
