/**
 * The session: who one is, by the cookie that the server signs.
 *
 * @typedef {import('./protocol.js').Author} Author
 * @typedef {'nickname' | 'accounts'} Mode
 * @typedef {{ kind: 'in', mode: Mode, user: Author } | { kind: 'out' | 'unreachable', mode: Mode }} Session
 * @typedef {{ ok: true, mode: Mode, user: Author } | { ok: false, error: string, retryAfterMs: number | undefined }} SignedIn
 */
import { recall, remember } from './storage.js';

/** The last sign-out, whose answer takes the cookie away: a new one must come behind it. @type {Promise<boolean> | undefined} */
let leaving;

/** @returns {Promise<Session>} where the server cannot be reached, with the mode that it had last */
export async function currentSession() {
  try {
    const response = await fetch('api/session', { cache: 'no-store' });
    const { mode, user } = await response.json();
    if (response.ok || response.status === 401) remember('mode', mode);
    if (response.ok) return { kind: 'in', mode, user };
    if (response.status === 401) return { kind: 'out', mode };
  } catch {
    // It is not there, or something between it and here has answered.
  }
  return { kind: 'unreachable', mode: recall('mode') === 'accounts' ? 'accounts' : 'nickname' };
}

/**
 * @param {{ name: string, password?: string }} who
 * @param {boolean} isNew makes an account
 * @returns {Promise<SignedIn>} `error` is the server's name for what is wrong, or `unreachable`
 */
export async function signIn(who, isNew) {
  await leaving;
  try {
    const response = await fetch(isNew ? 'api/accounts' : 'api/session', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(who),
    });
    const answer = await response.json();
    if (response.ok) return { ok: true, mode: answer.mode, user: answer.user };
    return { ok: false, error: String(answer.error ?? response.status), retryAfterMs: answer.retryAfterMs };
  } catch {
    return { ok: false, error: 'unreachable', retryAfterMs: undefined };
  }
}

/** @returns {Promise<boolean>} whether the server has ended the session */
export function signOut() {
  leaving = end();
  return leaving;
}

async function end() {
  try {
    return (await fetch('api/session', { method: 'DELETE' })).ok;
  } catch {
    return false;
  }
}
