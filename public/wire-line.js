/** The line "on the wire" under the input: how many bytes the message is, and, when asked, why. */
import { sealedBytes } from './crypto.js';
import { byId, make, setText } from './dom.js';
import { bytesOf, headerOf } from './frame.js';
import { t } from './language.js';

const MASK_BYTES = 4;
/** A UUID is as long as any other. */
const SOME_ID = '00000000-0000-4000-8000-000000000000';
/** Of the JSON, this much is shown. */
const SHOWN_CHARACTERS = 400;

/** @param {{ room: string, text: string, isEncrypted: boolean }} draft */
function frameOf({ room, text, isEncrypted }) {
  const said = isEncrypted ? '·'.repeat(8) : text;
  const message = { type: 'say', room, id: SOME_ID, text: said, ...(isEncrypted ? { sealed: true } : {}) };
  const json = JSON.stringify(message);
  const payload = isEncrypted ? bytesOf(json) - bytesOf(said) + sealedBytes(bytesOf(text)) : bytesOf(json);
  const header = headerOf(payload);
  return { json, payload, header, total: header.split(' ').length + MASK_BYTES + payload };
}

export class WireLine {
  #bytes = byId('wire-bytes', HTMLElement);
  #note = byId('wire-note', HTMLElement);
  #parts = byId('wire-parts', HTMLElement);
  #json = byId('wire-json', HTMLElement);
  #draft = { room: 'lobby', text: '', isEncrypted: false };
  #extensions = '';

  constructor() {
    this.#json.tabIndex = 0; // it may be long, and is scrolled by keyboard
    this.#note.addEventListener('beforetoggle', () => this.#explain());
  }

  /** @param {{ room: string, text: string, isEncrypted: boolean }} draft @param {string} extensions of the connection */
  show(draft, extensions) {
    this.#draft = draft;
    this.#extensions = extensions;
    setText(this.#bytes, t.wireBytes(draft.text === '' ? 0 : frameOf(draft).total));
    if (this.#note.matches(':popover-open')) this.#explain();
  }

  #explain() {
    const { json, payload, header, total } = frameOf(this.#draft);
    const bytes = (/** @type {number} */ count) => t.wireBytes(count);
    const parts = [
      [header, bytes(header.split(' ').length), t.wireHeader],
      ['?? ?? ?? ??', bytes(MASK_BYTES), t.wireMask],
      ['{ … }', bytes(payload), t.wirePayload],
      ['', bytes(bytesOf(this.#draft.text)), t.wireText],
      ['', bytes(total), t.wireTotal],
    ];
    this.#parts.replaceChildren(
      ...parts.map(([code = '', size = '', what = '']) => {
        const sample = make('code', '', code);
        sample.dir = 'ltr';
        return make('div', '', make('dt', '', what, ' ', sample), make('dd', '', size));
      }),
    );
    const shown = json.length > SHOWN_CHARACTERS ? `${json.slice(0, SHOWN_CHARACTERS)}…` : json;
    setText(this.#json, this.#extensions ? `${shown}\n\n${t.wireCompressed}` : shown);
  }
}
