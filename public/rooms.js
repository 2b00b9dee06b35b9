/** The rooms that one is in, which of them is shown, and the address that names it. */
import { isEncrypted, roomNameOf } from './protocol.js';
import { Room } from './room.js';
import { recall, remember } from './storage.js';

export const LOBBY = 'lobby';
const ENCRYPTED_KEY = /^[\w-]{43}$/;

/** @typedef {{ name: string, key?: string | undefined }} Place */

/** @param {string} hash of a URL @returns {Place | undefined} */
function placeOf(hash) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const name = parameters.get('room') ?? '';
  const key = parameters.get('key') ?? '';
  if (name === '' || roomNameOf(name) !== name) return undefined;
  return isEncrypted(name) && ENCRYPTED_KEY.test(key) ? { name, key } : { name };
}

/** @param {Place} place @returns {string} the fragment of its address */
export function hashOf({ name, key }) {
  const room = encodeURIComponent(name);
  return key ? `#room=${room}&key=${key}` : `#room=${room}`;
}

export class Rooms {
  /** In the order in which they are listed. @type {Map<string, Room>} */
  all = new Map();
  current;
  #onEnter;
  #onLeave;

  /**
   * @param {(room: Room) => void} onEnter a room has been added: join it
   * @param {(room: Room) => void} onLeave
   */
  constructor(onEnter, onLeave) {
    this.#onEnter = onEnter;
    this.#onLeave = onLeave;
    for (const { name, key } of [{ name: LOBBY }, ...storedPlaces()]) this.all.set(name, new Room(name, key));
    this.current = this.#enter(placeOf(location.hash) ?? { name: LOBBY });
  }

  /** Shows a room, and enters it if one is not there. @param {Place} place */
  open(place) {
    const room = this.#enter(place);
    this.current = room;
    room.divider = room.marker;
    const hash = hashOf(room);
    if (location.hash !== hash) history.pushState(undefined, '', hash);
    return room;
  }

  /** Goes where the address says, after Back or a new fragment. @returns {boolean} whether this is another room */
  followAddress() {
    const place = placeOf(location.hash) ?? { name: LOBBY };
    const before = this.current;
    this.current = this.#enter(place);
    if (this.current !== before) this.current.divider = this.current.marker;
    return this.current !== before;
  }

  /** @param {Room} room the lobby stays */
  leave(room) {
    if (room.name === LOBBY) return;
    this.all.delete(room.name);
    this.#keep();
    this.#onLeave(room);
    if (this.current === room) this.open({ name: LOBBY });
  }

  /** Takes over what another tab has entered and left. */
  readList() {
    const places = storedPlaces();
    for (const place of places) this.#enter(place);
    for (const [name, room] of this.all) {
      if (name === LOBBY || room === this.current || places.some((place) => place.name === name)) continue;
      this.all.delete(name);
      this.#onLeave(room);
    }
  }

  /** @param {Place} place */
  #enter({ name, key }) {
    const known = this.all.get(name);
    if (known && (!key || known.key === key)) return known;
    const room = new Room(name, key);
    this.all.set(name, room);
    this.#keep();
    if (known) this.#onLeave(known);
    this.#onEnter(room);
    return room;
  }

  #keep() {
    const places = [...this.all.values()].map(({ name, key }) => (key ? { name, key } : { name }));
    remember(
      'rooms',
      places.filter(({ name }) => name !== LOBBY),
    );
  }
}

/** @returns {Place[]} */
function storedPlaces() {
  const stored = recall('rooms');
  const places = Array.isArray(stored) ? stored : [];
  return places.filter((place) => typeof place?.name === 'string' && place.name !== '');
}
