// The pages of the suite that can run without a browser, each in its variants.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * @typedef {object} Page
 * @property {string} path under the root of the suite, with the variant as its query
 */

/** What a page uses that Node does not have. */
const NEEDS_BROWSER =
  /\bdocument\.|XMLHttpRequest|window\.open|\biframe\b|new Worker\(|importScripts|RemoteContext|test_driver|SharedArrayBuffer\.isView/;

/** @param {string} source the variants that a page names, as queries; one empty one if it names none */
export function variantsOf(source) {
  const named = source.matchAll(/^\/\/ META: variant=(\S+)|<meta name="?variant"? content="([^"]*)"/gm);
  const variants = Array.from(named, ([, script, html]) => script ?? html ?? '');
  return variants.length === 0 ? [''] : variants;
}

/** @param {string} name whether a file is a page of tests */
export function isPage(name) {
  return /\.(any|window)\.js$|\.html?$/.test(name) && !/(^|\/)(resources|support)\//.test(name);
}

/**
 * @param {string} root
 * @param {string} filter only pages whose path has this text
 * @returns {Promise<{ pages: Page[], leftOut: string[] }>}
 */
export async function findPages(root, filter) {
  const folder = path.join(root, 'websockets');
  const names = await readdir(folder, { recursive: true });
  /** @type {Page[]} */
  const pages = [];
  /** @type {string[]} */
  const leftOut = [];
  for (const name of names
    .map((each) => each.replaceAll('\\', '/'))
    .filter(isPage)
    .sort()) {
    const source = await readFile(path.join(folder, name), 'utf8');
    for (const variant of variantsOf(source)) {
      const page = `/websockets/${name}${variant}`;
      if (!page.includes(filter)) continue;
      if (NEEDS_BROWSER.test(source) || variant.includes('wpt_flags')) leftOut.push(page);
      else if (source.includes('testharness.js') || name.endsWith('.js')) pages.push({ path: page });
    }
  }
  return { pages, leftOut };
}
