/** Search in a room: by the server, or among what is loaded where the server cannot read. */
import { dialog } from './dialogs.js';
import { byId, colourOf, make, nameOf, setText } from './dom.js';
import { onLanguage, t } from './language.js';
import { timeOf } from './message-view.js';

/**
 * @typedef {import('./room.js').Room} Room
 * @typedef {import('./protocol.js').Entry} Entry
 * @typedef {Pick<Entry, 'id' | 'at' | 'author' | 'text'> & { seq: number | undefined }} Found
 */

const MOST = 50;

export class Search {
  #dialog = dialog('search-dialog');
  #title = byId('search-title', HTMLElement);
  #input = byId('search-input', HTMLInputElement);
  #status = byId('search-status', HTMLElement);
  #results = byId('search-results', HTMLElement);
  #hasServer = false;
  /** @type {Room | undefined} */
  #room;
  #onChoose;
  #run = 0;

  /** @param {(room: Room, found: Found) => void} onChoose */
  constructor(onChoose) {
    this.#onChoose = onChoose;
    byId('search-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#search();
    });
    onLanguage(() => this.#reset());
  }

  /** @param {boolean} hasServer whether the server searches */
  setServer(hasServer) {
    this.#hasServer = hasServer;
  }

  /** @param {Room} room */
  open(room) {
    if (this.#room !== room) this.#input.value = '';
    this.#room = room;
    this.#reset();
    this.#dialog.showModal();
    this.#input.focus();
    this.#input.select();
  }

  /** What was chosen cannot be shown. */
  lost() {
    if (!this.#dialog.open) this.#dialog.showModal();
    setText(this.#status, t.searchLost);
  }

  #reset() {
    this.#run++; // nobody waits any more for what is under way
    setText(this.#title, t.searchIn(this.#room?.title ?? ''));
    setText(this.#status, '');
    this.#results.replaceChildren();
  }

  async #search() {
    const room = this.#room;
    const query = this.#input.value.trim();
    if (!room || query === '') return this.#reset();
    const run = ++this.#run;
    const byServer = this.#hasServer && !room.isEncrypted;
    const found = byServer ? await ask(room, query) : among(room, query);
    if (run !== this.#run) return;
    if (!found) return setText(this.#status, t.searchFailed);
    const many = found.length === 0 ? t.searchNothing : t.searchFound(found.length);
    setText(this.#status, byServer ? many : `${t.searchLocal} ${many}`);
    this.#results.replaceChildren(...found.map((one) => this.#resultOf(room, one)));
  }

  /** @param {Room} room @param {Found} found */
  #resultOf(room, found) {
    const choose = make('button', `result ${colourOf(found.author.id)}`);
    choose.type = 'button';
    const text = make('span', 'text', found.text);
    text.dir = 'auto';
    const time = timeOf(found.at);
    time.textContent = new Date(found.at).toLocaleString(t.lang, { dateStyle: 'medium', timeStyle: 'short' });
    choose.append(nameOf(found.author.name || t.nobody), ' ', time, text);
    choose.onclick = () => {
      this.#dialog.close();
      this.#onChoose(room, found);
    };
    return make('li', '', choose);
  }
}

/** @param {Room} room @param {string} query @returns {Promise<Found[] | undefined>} undefined if the server has failed */
async function ask({ name }, query) {
  try {
    const parameters = new URLSearchParams({ q: query, limit: String(MOST) });
    const response = await fetch(`api/rooms/${encodeURIComponent(name)}/search?${parameters}`);
    return response.ok ? (await response.json()).entries : undefined;
  } catch {
    return undefined;
  }
}

/** @param {Room} room @param {string} query @returns {Found[]} the newest first */
function among({ timeline }, query) {
  const words = query.toLowerCase().split(/\s+/);
  return timeline
    .items()
    .filter(
      (item) => item.type === 'message' && words.every((word) => item.text.toLowerCase().includes(word)),
    )
    .map((item) => /** @type {Found} */ (item))
    .reverse()
    .slice(0, MOST);
}
