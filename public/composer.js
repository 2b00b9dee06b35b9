/**
 * The input: sends on Enter, grows with its text, never loses any of it, and says in words what is too long. What somebody has
 * written and not sent is theirs alone: nobody else who signs in here sees it, or sends it.
 */
import { announce } from './announcer.js';
import { sealedBytes } from './crypto.js';
import { byId, setText } from './dom.js';
import { bytesOf } from './frame.js';
import { onLanguage, t } from './language.js';
import { recall, remember } from './storage.js';
import { WireLine } from './wire-line.js';

/**
 * @typedef {import('./protocol.js').Author} Author
 * @typedef {import('./room.js').Room} Room
 * @typedef {import('./timeline.js').Message} Message
 * @typedef {{ say(text: string): void, change(message: Message, text: string): void, typing(): void, editLast(): void }} Listener
 */

/** From this part of the limit on, what is left is said. */
const WARN_FROM = 0.9;
/** A paste of more than so many times the limit is not even taken. */
const PASTE_FACTOR = 4;
const TYPING_MS = 2_000;
const NOTICE_MS = 8_000;

export class Composer {
  #input = byId('message-input', HTMLTextAreaElement);
  #label = byId('message-label', HTMLElement);
  #button = byId('send-button', HTMLButtonElement);
  #cancel = byId('cancel-edit', HTMLButtonElement);
  #grow = byId('grow', HTMLElement);
  #hint = byId('hint', HTMLElement);
  #trouble = byId('trouble', HTMLElement);
  #form = byId('composer', HTMLFormElement);
  #wire = new WireLine();
  #listener;
  /** @type {Room | undefined} */
  #room;
  #userId = '';
  /** Whose the drafts are: without accounts one comes back with another id, and under the same name. */
  #owner = '';
  /** @type {WeakMap<Room, string>} */
  #drafts = new WeakMap();
  /** Messages that are being changed, and what they are to say. @type {WeakMap<Room, { message: Message, text: string }>} */
  #edits = new WeakMap();
  #limit = Number.POSITIVE_INFINITY;
  #isOpen = false;
  #extensions = '';
  /** @type {(() => string) | undefined} */
  #notice;
  /** @type {number | undefined} */
  #tooFastUntil;
  #saidTooFastAt = 0;
  #toldTypingAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#input.addEventListener('input', () => this.#changed());
    this.#input.addEventListener('paste', (event) => this.#paste(event, event.clipboardData));
    this.#input.addEventListener('drop', (event) => this.#paste(event, event.dataTransfer));
    this.#cancel.onclick = () => {
      this.#leaveEditing();
      this.focus();
    };
    onLanguage(() => this.#render());
  }

  /** @param {Room} room @param {Author} user who writes @param {boolean} hasAccounts */
  show(room, user, hasAccounts) {
    const owner = hasAccounts ? user.id : user.name;
    const isSame = owner === this.#owner && user.id === this.#userId;
    if (isSame && room === this.#room) return;
    this.keep();
    if (owner !== this.#owner) this.#drafts = new WeakMap();
    // Nobody can change what somebody else has said.
    if (!isSame) this.#edits = new WeakMap();
    this.#userId = user.id;
    this.#owner = owner;
    this.#notice = undefined;
    this.#room = room;
    this.#fill(room);
    this.focus();
  }

  /** On a touch screen, focus would open a keyboard that hides the page. */
  focus() {
    if (matchMedia('(hover: hover)').matches) this.#input.focus();
  }

  /** @param {boolean} isOpen @param {string} [extensions] of the connection */
  setOpen(isOpen, extensions = '') {
    this.#isOpen = isOpen;
    this.#extensions = extensions;
    this.#render();
  }

  /** @param {number} textBytes the most that the server takes */
  setLimit(textBytes) {
    this.#limit = textBytes;
    this.#render();
  }

  /** @param {number | undefined} until when the rest goes out */
  setTooFast(until) {
    this.#tooFastUntil = until;
    // Not for each message of a burst.
    if (until !== undefined && until > this.#saidTooFastAt + NOTICE_MS) {
      this.#saidTooFastAt = until;
      announce(this.#tooFast(until));
    }
    this.#render();
  }

  /** Puts a message into the input to be changed. @param {Message} message */
  edit(message) {
    const room = this.#room;
    if (!room) return;
    this.keep();
    this.#edits.set(room, { message, text: message.text });
    this.#fill(room);
    this.#input.focus();
  }

  /** Keeps what is in the input: a change for as long as the page lives, a draft also in the browser. */
  keep() {
    const room = this.#room;
    if (!room) return;
    const text = this.#input.value;
    const message = this.#editing;
    if (message) {
      this.#edits.set(room, { message, text });
      return;
    }
    this.#drafts.set(room, text);
    // What is written in an encrypted room is not stored as it is.
    if (!room.isEncrypted) remember(this.#nameOf(room), text || undefined);
  }

  /** The message that is being changed. */
  get #editing() {
    return this.#room && this.#edits.get(this.#room)?.message;
  }

  /** Under which the browser has the draft. The name of a room has no dot; that of a person may. @param {Room} room */
  #nameOf(room) {
    return `draft.${this.#owner}.${room.name}`;
  }

  /** @param {Room} room */
  #draftOf(room) {
    return this.#drafts.get(room) || String(recall(this.#nameOf(room)) ?? '');
  }

  /** Shows what was being written. @param {Room} room */
  #fill(room) {
    this.#input.value = this.#edits.get(room)?.text ?? this.#draftOf(room);
    this.#render();
  }

  #submit() {
    const text = this.#input.value;
    const room = this.#room;
    this.#input.focus();
    if (text.trim() === '' || !room) return;
    if (this.#over() > 0) {
      this.#trouble.textContent = this.#tooLong(); // said again, each time
      return;
    }
    const message = this.#editing;
    this.#edits.delete(room);
    this.#notice = undefined;
    this.#toldTypingAt = 0; // what is typed next is told anew
    this.#input.value = message ? this.#draftOf(room) : '';
    this.keep();
    if (!message) this.#listener.say(text);
    else if (message.text !== text) this.#listener.change(message, text);
    this.#render();
  }

  #leaveEditing() {
    const room = this.#room;
    if (!room) return;
    this.#edits.delete(room);
    this.#fill(room);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // During composition keys belong to the input method. Safari ends the composition first and leaves only keyCode 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape' && this.#editing) {
      event.preventDefault();
      this.#leaveEditing();
    }
    if (event.key === 'ArrowUp' && this.#input.value === '') {
      event.preventDefault();
      this.#listener.editLast();
    }
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #changed() {
    this.#notice = undefined;
    this.#render();
    if (this.#input.value === '' || this.#editing || Date.now() - this.#toldTypingAt < TYPING_MS) return;
    this.#toldTypingAt = Date.now();
    this.#listener.typing();
  }

  /** @param {Event} event @param {DataTransfer | null} data */
  #paste(event, data) {
    const text = data?.getData('text/plain') ?? '';
    if (text.length <= this.#limit * PASTE_FACTOR && bytesOf(text) <= this.#limit * PASTE_FACTOR) return;
    event.preventDefault();
    const bytes = bytesOf(text);
    this.#notice = () => t.pasteTooLong(bytes, this.#limit);
    this.#trouble.textContent = this.#notice();
    this.#render();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#notice = undefined;
      this.#render();
    }, NOTICE_MS);
  }

  /** Bytes beyond the limit; less than 0 below it. */
  #over() {
    const bytes = bytesOf(this.#input.value);
    return (this.#room?.isEncrypted ? sealedBytes(bytes) : bytes) - this.#limit;
  }

  #tooLong() {
    return t.tooLong(this.#over(), this.#limit);
  }

  /** @param {number} until */
  #tooFast(until) {
    return t.tooFast(Math.max(1, Math.ceil((until - Date.now()) / 1_000)));
  }

  #render() {
    const text = this.#input.value;
    const over = this.#over();
    this.#grow.dataset['text'] = text;
    const isNear = -over < this.#limit * (1 - WARN_FROM);
    const hint = this.#hintFor(over, isNear);
    setText(this.#hint, hint);
    this.#hint.classList.toggle('keys', hint === t.hint || hint === t.editing);
    const hasTrouble = over > 0 || this.#notice !== undefined;
    this.#form.classList.toggle('trouble', hasTrouble);
    if (!hasTrouble) setText(this.#trouble, '');
    this.#input.setAttribute('aria-invalid', String(over > 0));
    this.#button.setAttribute('aria-disabled', String(over > 0));
    setText(this.#button, this.#editing ? t.save : t.send);
    this.#cancel.hidden = this.#editing === undefined;
    const label = t.writeTo(this.#room?.title ?? '');
    setText(this.#label, label);
    this.#input.placeholder = label;
    this.#wire.show(
      { room: this.#room?.name ?? '', text, isEncrypted: this.#room?.isEncrypted === true },
      this.#extensions,
    );
  }

  /** One line at a time, the most urgent first. @param {number} over @param {boolean} isNear */
  #hintFor(over, isNear) {
    if (over > 0) return this.#tooLong();
    if (this.#notice) return this.#notice();
    if (this.#tooFastUntil !== undefined) return this.#tooFast(this.#tooFastUntil);
    if (isNear) return t.bytesLeft(-over);
    if (this.#editing) return t.editing;
    return this.#isOpen ? t.hint : t.kept;
  }
}
