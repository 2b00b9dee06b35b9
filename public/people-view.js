/** Who is in the room, who types, and what one can do with the room. */
import { arrange, byId, colourOf, make, nameOf, setText } from './dom.js';
import { t } from './language.js';
import { hashOf, LOBBY } from './rooms.js';

/** @typedef {import('./room.js').Room} Room */

/** Names that are said to type; the others are counted. */
const TYPING_NAMES = 3;
const COPIED_MS = 2_000;

export class PeopleView {
  #title = byId('people-title', HTMLElement);
  #count = byId('people-count', HTMLElement);
  #label = byId('people-label', HTMLElement);
  #list = byId('people-list', HTMLElement);
  #crowd = byId('crowd-note', HTMLElement);
  #encrypted = byId('encrypted-note', HTMLElement);
  #typing = byId('typing', HTMLElement);
  #leave = byId('leave-room', HTMLButtonElement);
  #copy = byId('copy-link', HTMLButtonElement);
  /** Beside the button: where the panel is a drawer, all that is outside of it is silent. */
  #copied = byId('copied', HTMLElement);
  /** @type {Room | undefined} */
  #room;
  #shown = '';

  /** @param {(room: Room) => void} onLeave */
  constructor(onLeave) {
    this.#leave.onclick = () => this.#room && onLeave(this.#room);
    this.#copy.onclick = () => void this.#copyLink();
  }

  /** @param {Room} room @param {string} you */
  render(room, you) {
    this.#room = room;
    // Without a connection nobody knows who is there.
    setText(this.#title, room.isJoined ? t.peopleHere(room.count) : t.people);
    setText(this.#count, room.isJoined ? String(room.count) : '');
    setText(this.#label, room.isJoined ? t.peopleHere(room.count) : t.people);
    this.#renderList(room, you);
    this.#crowd.hidden = room.crowd === undefined;
    setText(this.#crowd, room.crowd ? t.crowdNote(room.crowd.tickMs, room.crowd.perSecond) : '');
    this.#encrypted.hidden = !room.isEncrypted;
    this.#leave.hidden = room.name === LOBBY;
    this.#renderTyping(room, you);
  }

  /** @param {Room} room @param {string} you */
  #renderList({ members: known = [], isJoined }, you) {
    const members = isJoined ? known : [];
    // Oneself first, then by name.
    const rank = (/** @type {{ id: string }} */ { id }) => (id === you ? 0 : 1);
    const sorted = [...members].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, t.lang));
    const shown = JSON.stringify([t.lang, you, sorted]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const items = sorted.map(({ id, name }) => {
      const item = make('li', colourOf(id), name ? nameOf(name) : make('span', 'nobody', t.nobody));
      item.classList.toggle('own', id === you);
      if (id === you) item.append(' ', make('small', '', t.youMark));
      return item;
    });
    arrange(this.#list, items);
  }

  /** @param {Room} room @param {string} you */
  #renderTyping({ typing }, you) {
    const others = typing.filter(({ id }) => id !== you);
    const names = others.slice(0, TYPING_NAMES).map(({ name }) => isolated(name || t.nobody));
    setText(this.#typing, t.typing(names, others.length - names.length));
  }

  async #copyLink() {
    if (!this.#room) return;
    const link = new URL(hashOf(this.#room), location.href).href;
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      prompt(t.copyLink, link); // over plain http there is no clipboard
      return;
    }
    setText(this.#copy, t.copied);
    setText(this.#copied, t.copied);
    setTimeout(() => {
      setText(this.#copy, t.copyLink);
      setText(this.#copied, '');
    }, COPIED_MS);
  }
}

/** Keeps a name that runs from right to left apart from the sentence around it. @param {string} name */
function isolated(name) {
  return `\u2068${name}\u2069`;
}
