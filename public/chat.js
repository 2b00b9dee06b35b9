/** The page begins here: who are you, then the chat, and again when the session ends. */
import { App } from './app.js';
import { startLanguage, t } from './language.js';
import { currentSession } from './session.js';
import { SignIn } from './sign-in.js';
import { watchSignOut } from './sign-out.js';
import { onOtherTab, recall, remember } from './storage.js';

/** @typedef {{ mode: import('./session.js').Mode, user: import('./protocol.js').Author }} Person */

startLanguage();
const form = new SignIn();
const app = new App();

watchSignOut(app);

// Who signs in signs in everywhere.
onOtherTab((name) => {
  if (name === 'me' && form.isAsking) void joinOtherTab();
});

async function joinOtherTab() {
  const session = await currentSession();
  if (session.kind === 'in' && form.isAsking) form.finish(session);
}

/** @param {() => string} why said first @returns {Promise<Person>} */
async function whoIsThere(why) {
  const session = await currentSession();
  if (session.kind === 'in') return session;
  const known = /** @type {Person | undefined} */ (recall('me'));
  // The server cannot be reached: what is written waits until it can.
  if (session.kind === 'unreachable' && known?.user?.id) return known;
  return form.ask(session.mode, why);
}

async function main() {
  let why = () => '';
  for (;;) {
    const { mode, user } = await whoIsThere(why);
    remember('me', { mode, user });
    const end = await app.run(user, mode === 'accounts');
    remember('me', undefined);
    const { unsent } = app;
    why = () => [end === 'ended' ? t.sessionEnded : '', unsent > 0 ? t.unsent(unsent) : ''].join(' ').trim();
  }
}

void main();
