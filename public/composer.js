import { byId } from './dom.js';
import { frameOf } from './frame.js';
import { strings } from './strings.js';

/** @param {(storage: Storage) => void} use */
function draft(use) {
  try {
    use(sessionStorage);
  } catch {
    // Storage may be disabled. The chat works without it.
  }
}

/** The input: sends on Enter, grows with its text, and never loses any of it. */
export class Composer {
  #input = byId('message-input', HTMLTextAreaElement);
  #button = byId('send-button', HTMLButtonElement);
  #grow = byId('grow', HTMLElement);
  #hint = byId('hint', HTMLElement);
  #frame = byId('frame', HTMLElement);
  #open = false;
  #plain = true;
  #composing = false;

  /** @param {(text: string) => boolean} send returns whether the text was accepted */
  constructor(send) {
    this.#input.placeholder = strings.inputLabel;
    const form = byId('composer', HTMLFormElement);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = this.#input.value;
      if (text.trim() !== '' && send(text)) this.#input.value = '';
      this.#input.focus();
      this.#render();
    });
    this.#input.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey) return;
      // During composition Enter selects a candidate. Safari ends the composition first and leaves only keyCode 229.
      if (event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.#input.addEventListener('compositionstart', () => {
      this.#composing = true;
    });
    this.#input.addEventListener('compositionend', () => {
      this.#composing = false;
    });
    this.#input.addEventListener('input', () => this.#render());
    draft((storage) => {
      this.#input.value ||= storage.getItem('draft') ?? '';
    });
    // Some browsers restore the text themselves, without an input event.
    addEventListener('pageshow', () => this.#render());
    // On a touch screen, focus would open a keyboard that hides the page.
    if (matchMedia('(hover: hover)').matches) this.#input.focus();
  }

  /**
   * @param {boolean} open
   * @param {string} [extensions]
   */
  setOpen(open, extensions = '') {
    this.#open = open;
    this.#plain = extensions === '';
    this.#button.disabled = !open;
    this.#render();
  }

  /**
   * Puts texts back into the input, before its current text.
   * @param {string[]} texts
   */
  restore(texts) {
    if (this.#composing) {
      // Touching the value now would break the composition.
      this.#input.addEventListener('compositionend', () => this.restore(texts), { once: true });
      return;
    }
    const text = texts.join('\n');
    if (this.#input.value === '') this.#input.value = text;
    else this.#input.setRangeText(`${text}\n`, 0, 0, 'preserve');
    this.#render();
  }

  /** Saves the draft for the next load, because not every browser restores it. */
  keep() {
    draft((storage) => storage.setItem('draft', this.#input.value));
  }

  #render() {
    const text = this.#input.value;
    this.#grow.dataset.text = text;
    this.#hint.textContent = this.#open ? strings.hint : strings.kept;
    this.#hint.hidden = this.#open && text !== '';
    const { payload, header } = frameOf(text);
    this.#frame.hidden = !this.#hint.hidden;
    // With compression or fragmentation the frame is not known before the browser makes it.
    this.#frame.textContent =
      header && this.#plain
        ? strings.frame(header, payload, header.split(' ').length + 4 + payload)
        : strings.payload(payload);
  }
}
