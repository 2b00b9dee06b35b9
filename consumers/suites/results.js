/** What a test runner has written: JUnit's XML (`node --test`, vitest, mocha's `xunit`), or TAP (ava). */

/** @typedef {{ passed: number, skipped: number, failures: { test: string, message: string }[] }} Results */

/** @type {Record<string, string>} */
const ENTITIES = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** @param {string} text */
function decoded(text) {
  return text
    .replace(/&#(x?)([0-9a-f]+);/gi, (_, x, code) => String.fromCodePoint(Number.parseInt(code, x ? 16 : 10)))
    .replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => ENTITIES[name] ?? '');
}

/**
 * @param {string} tag
 * @param {string} name
 */
function attribute(tag, name) {
  return decoded(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

/** @param {string} text */
function firstLine(text) {
  return (
    decoded(text.replace(/<!\[CDATA\[|\]\]>/g, ''))
      .trim()
      .split('\n', 1)[0] ?? ''
  );
}

/**
 * @param {string} text
 * @returns {Results}
 */
function readXml(text) {
  /** @type {Results} */
  const results = { passed: 0, skipped: 0, failures: [] };
  for (const [, tag = '', inside = ''] of text.matchAll(
    /<testcase\b((?:\s+[\w:-]+="[^"]*")*)\s*(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const failure = /<(?:failure|error)\b([^>]*?)(?:\/>|>([\s\S]*?)<\/(?:failure|error)>)/.exec(inside);
    if (failure !== null) {
      const message = attribute(failure[1] ?? '', 'message') || (failure[2] ?? '');
      const test = `${attribute(tag, 'classname')} ${attribute(tag, 'name')}`;
      results.failures.push({ test, message: firstLine(message) });
    } else if (/<skipped\b/.test(inside)) results.skipped++;
    else results.passed++;
  }
  return results;
}

/**
 * @param {string} text
 * @returns {Results}
 */
function readTap(text) {
  /** @type {Results} */
  const results = { passed: 0, skipped: 0, failures: [] };
  for (const [, not, name = '', directive] of text.matchAll(
    /^(not )?ok \d+(?: - )?(.*?)(?: # (SKIP|TODO).*)?$/gm,
  )) {
    if (directive !== undefined) results.skipped++;
    else if (not === undefined) results.passed++;
    else results.failures.push({ test: name, message: 'not ok' });
  }
  return results;
}

/** @param {string} text */
export function readResults(text) {
  return text.includes('<testsuite') ? readXml(text) : readTap(text);
}
