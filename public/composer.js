/** The input: sends on Enter, grows with its text, never loses any of it, and says in words what is too long. */
import { sealedBytes } from './crypto.js';
import { byId, setText } from './dom.js';
import { bytesOf } from './frame.js';
import { onLanguage, t } from './language.js';
import { recall, remember } from './storage.js';
import { WireLine } from './wire-line.js';

/**
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
  #grow = byId('grow', HTMLElement);
  #hint = byId('hint', HTMLElement);
  #trouble = byId('trouble', HTMLElement);
  #form = byId('composer', HTMLFormElement);
  #wire = new WireLine();
  #listener;
  /** @type {Room | undefined} */
  #room;
  /** @type {Message | undefined} */
  #editing;
  #limit = Number.POSITIVE_INFINITY;
  #isOpen = false;
  #extensions = '';
  /** @type {(() => string) | undefined} */
  #notice;
  /** @type {number | undefined} */
  #tooFastUntil;
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
    // Some browsers restore the text themselves, without an input event.
    addEventListener('pageshow', () => this.#render());
    onLanguage(() => this.#render());
  }

  /** @param {Room} room */
  show(room) {
    if (this.#room === room) return;
    this.keep();
    this.#editing = undefined;
    this.#notice = undefined;
    this.#room = room;
    this.#input.value = room.draft || String(recall(`draft.${room.name}`) ?? '');
    this.#render();
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
    this.#render();
  }

  /** Puts a message into the input to be changed. @param {Message} message */
  edit(message) {
    if (!this.#editing) this.keep();
    this.#editing = message;
    this.#input.value = message.text;
    this.#input.focus();
    this.#render();
  }

  /** Saves the draft, because not every browser restores it. */
  keep() {
    const room = this.#room;
    if (!room || this.#editing) return;
    room.draft = this.#input.value;
    // What is written in an encrypted room is not stored as it is.
    if (!room.isEncrypted) remember(`draft.${room.name}`, room.draft || undefined);
  }

  #submit() {
    const text = this.#input.value;
    this.#input.focus();
    if (text.trim() === '' || !this.#room) return;
    if (this.#over() > 0) {
      this.#trouble.textContent = this.#tooLong(); // said again, each time
      return;
    }
    const message = this.#editing;
    this.#editing = undefined;
    this.#notice = undefined;
    this.#toldTypingAt = 0; // what is typed next is told anew
    this.#input.value = message ? this.#room.draft : '';
    this.keep();
    if (!message) this.#listener.say(text);
    else if (message.text !== text) this.#listener.change(message, text);
    this.#render();
  }

  #leaveEditing() {
    this.#editing = undefined;
    this.#input.value = this.#room?.draft ?? '';
    this.#render();
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

  #render() {
    const text = this.#input.value;
    const over = this.#over();
    this.#grow.dataset['text'] = text;
    const isNear = -over < this.#limit * (1 - WARN_FROM);
    const hint = this.#hintFor(over, isNear);
    setText(this.#hint, hint);
    this.#hint.classList.toggle('keys', hint === t.hint);
    const hasTrouble = over > 0 || this.#notice !== undefined;
    this.#form.classList.toggle('trouble', hasTrouble);
    this.#form.classList.toggle('editing', this.#editing !== undefined);
    if (!hasTrouble) setText(this.#trouble, '');
    this.#input.setAttribute('aria-invalid', String(over > 0));
    this.#button.setAttribute('aria-disabled', String(over > 0));
    setText(this.#button, this.#editing ? t.save : t.send);
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
    if (this.#tooFastUntil !== undefined) {
      return t.tooFast(Math.max(1, Math.ceil((this.#tooFastUntil - Date.now()) / 1_000)));
    }
    if (isNear) return t.bytesLeft(-over);
    if (this.#editing) return t.editing;
    return this.#isOpen ? t.hint : t.kept;
  }
}
