/** The form that asks for a name, or for a name and a password. */
import { byId, setText } from './dom.js';
import { onLanguage, t } from './language.js';
import { signIn } from './session.js';
import { recall, remember } from './storage.js';

/** @typedef {import('./session.js').Mode} Mode */

export class SignIn {
  #view = byId('sign-in', HTMLElement);
  #form = byId('sign-in-form', HTMLFormElement);
  #title = byId('sign-in-title', HTMLElement);
  #lead = byId('sign-in-lead', HTMLElement);
  #reason = byId('sign-in-reason', HTMLElement);
  #label = byId('name-label', HTMLElement);
  #name = byId('name', HTMLInputElement);
  #password = byId('password', HTMLInputElement);
  #error = byId('sign-in-error', HTMLElement);
  #button = byId('sign-in-button', HTMLButtonElement);
  #switch = byId('account-switch', HTMLButtonElement);
  /** @type {Mode} */
  #mode = 'nickname';
  #isNew = false;
  #isBusy = false;
  /** @type {() => string} */
  #why = () => '';
  /** @type {() => string} */
  #problem = () => '';
  /** What there is a problem with. */
  #wrong = this.#name;
  /** @type {(result: { mode: Mode, user: import('./protocol.js').Author }) => void} */
  #onDone = () => {};

  constructor() {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#switch.onclick = () => {
      this.#isNew = !this.#isNew;
      this.#problem = () => '';
      this.#render();
      this.#name.focus();
    };
    onLanguage(() => this.#render());
  }

  /**
   * Asks until somebody has signed in.
   * @param {Mode} mode
   * @param {() => string} why said first, in the language of the moment
   * @returns {Promise<{ mode: Mode, user: import('./protocol.js').Author }>}
   */
  ask(mode, why) {
    this.#mode = mode;
    this.#isNew = false;
    this.#why = why;
    this.#problem = () => '';
    this.#name.value ||= String(recall('name') ?? '');
    this.#view.hidden = false;
    this.#render();
    this.#name.focus();
    return new Promise((resolve) => {
      this.#onDone = resolve;
    });
  }

  async #submit() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const name = this.#name.value.trim();
    const hasAccounts = this.#mode === 'accounts';
    const who = hasAccounts ? { name, password: this.#password.value } : { name };
    const result = name ? await signIn(who, hasAccounts && this.#isNew) : badName;
    this.#isBusy = false;
    if (!result.ok) {
      const isAboutPassword = result.error === 'wrong-credentials' || result.error === 'bad-password';
      // Only a chat with accounts asks for one, whatever this form was told.
      if (isAboutPassword) this.#mode = 'accounts';
      this.#problem = () => problemOf(result);
      this.#wrong = isAboutPassword ? this.#password : this.#name;
      this.#render();
      this.#wrong.focus();
      return;
    }
    this.finish(result);
  }

  /** Whether it is on the screen. */
  get isAsking() {
    return !this.#view.hidden;
  }

  /** @param {{ mode: Mode, user: import('./protocol.js').Author }} result of this form, or of another tab */
  finish(result) {
    remember('name', result.user.name);
    this.#password.value = '';
    this.#view.hidden = true;
    this.#onDone(result);
  }

  #render() {
    const hasAccounts = this.#mode === 'accounts';
    const isNew = hasAccounts && this.#isNew;
    setText(this.#title, hasAccounts ? (isNew ? t.newAccountTitle : t.accountTitle) : t.signInTitle);
    setText(this.#lead, hasAccounts ? (isNew ? t.newAccountLead : t.accountLead) : t.signInLead);
    setText(this.#button, hasAccounts ? (isNew ? t.createAccount : t.signIn) : t.enter);
    setText(this.#label, hasAccounts ? t.accountName : t.name);
    setText(this.#switch, isNew ? t.haveAccount : t.wantAccount);
    setText(this.#reason, this.#why());
    setText(this.#error, this.#problem());
    this.#name.setAttribute('autocomplete', hasAccounts ? 'username' : 'nickname');
    for (const input of [this.#name, this.#password]) {
      input.setAttribute('aria-invalid', String(this.#problem() !== '' && input === this.#wrong));
    }
    this.#password.autocomplete = isNew ? 'new-password' : 'current-password';
    byId('password-field', HTMLElement).hidden = !hasAccounts;
    this.#switch.hidden = !hasAccounts;
  }
}

const badName = /** @type {const} */ ({ ok: false, error: 'bad-name', retryAfterMs: undefined });

/** @param {{ error: string, retryAfterMs: number | undefined }} result */
function problemOf({ error, retryAfterMs }) {
  if (retryAfterMs) return t.tooManyTries(Math.ceil(retryAfterMs / 1_000));
  return t.signInErrors[error] ?? t.signInErrors['other'] ?? '';
}
