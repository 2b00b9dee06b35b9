// What every client of the suite's fuzzing server does: asks for the number of cases, runs them one after another,
// echoing every message, and has the report written. Each client supplies its own connections.

/** A little more than the longest of the limits that the suite itself sets for a case. */
const CASE_LIMIT_MS = 500_000;
/** The suite does not respond while it writes a report. */
export const OPENING_LIMIT_MS = 120_000;
/** The largest message of the suite is 16 MiB. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/**
 * One connection that has been started.
 * @typedef {object} Visit
 * @property {Promise<unknown>} ended resolves when it has ended, for whatever reason
 * @property {() => void} cut ends it at once
 */

/**
 * Connects to a URL; sends what `answer` returns for a message, unless that is undefined.
 * @template Message
 * @typedef {(url: string, answer: (message: Message) => Message | undefined) => Visit} Connect
 */

/**
 * @template Message
 * @param {Connect<Message>} connect
 * @param {readonly string[]} parameters the URL of the fuzzing server, and the name of the client for the report
 * @param {number} [limitMs] for each connection; one that takes longer is cut off, and the next case begins
 */
export async function runCases(connect, [url, agent], limitMs = CASE_LIMIT_MS) {
  if (url === undefined || agent === undefined) throw new Error('expected two parameters: URL AGENT');
  const base = url.replace(/\/$/, '');
  const parameters = `agent=${encodeURIComponent(agent)}`;
  /** @type {string | undefined} */
  let answer;
  await within(
    limitMs,
    connect(`${base}/getCaseCount`, (message) => {
      answer = String(message);
      return undefined;
    }),
  );
  if (!/^\d+$/.test(answer ?? '')) throw new Error(`${base}/getCaseCount did not tell a number`);
  for (let number = 1; number <= Number(answer); number++) {
    await within(
      limitMs,
      connect(`${base}/runCase?case=${number}&${parameters}`, (message) => message),
    );
  }
  await within(
    limitMs,
    connect(`${base}/updateReports?${parameters}`, () => undefined),
  );
}

/**
 * @param {number} limitMs
 * @param {Visit} visit
 */
async function within(limitMs, visit) {
  const timer = setTimeout(visit.cut, limitMs);
  await visit.ended;
  clearTimeout(timer);
}
