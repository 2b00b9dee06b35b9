/** The button that ends the session. The server may refuse: then the session may go on, and the page says so beside the button. */
import { byId, setText } from './dom.js';
import { onLanguage, t } from './language.js';
import { signOut } from './session.js';

/** @param {{ isLeaving: boolean, end(): void }} app */
export function watchSignOut(app) {
  const dialog = byId('settings-dialog', HTMLDialogElement);
  const status = byId('sign-out-status', HTMLElement);
  let text = () => '';
  const say = (/** @type {() => string} */ next, isError = false) => {
    text = next;
    status.className = isError ? 'error' : 'fine';
    setText(status, text());
  };
  onLanguage(() => setText(status, text()));
  dialog.addEventListener('close', () => say(() => ''));
  const leave = async () => {
    if (app.isLeaving) return;
    // Set before the server answers: it may close the connection first.
    app.isLeaving = true;
    say(() => t.signingOut);
    const isSignedOut = await signOut();
    if (!app.isLeaving) return; // the connection was closed first
    if (isSignedOut) return app.end();
    app.isLeaving = false;
    // Somebody who has closed the dialog since then must still hear that the session may go on.
    if (!dialog.open) dialog.showModal();
    say(() => t.signOutFailed, true);
  };
  byId('sign-out', HTMLButtonElement).onclick = () => void leave();
}
