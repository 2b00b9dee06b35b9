/** The rooms that one is in, which of them is shown, and the address that names it. */
import { isEncrypted, roomNameOf } from './protocol.js';
import { Room } from './room.js';
import { recall, remember } from './storage.js';

export const LOBBY = 'lobby';
const ENCRYPTED_KEY = /^[\w-]{43}$/;

/** @typedef {{ name: string, key?: string | undefined, isAgreed?: boolean }} Place `isAgreed`: its key may replace the one that is known */

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
  /** @type {Room} */
  current;
  #onEnter;
  #onLeave;

  /**
   * @param {(room: Room) => void} onEnter a room is to be joined: it was added, has a key now, or may have a place now
   * @param {(room: Room) => void} onLeave
   */
  constructor(onEnter, onLeave) {
    this.#onEnter = onEnter;
    this.#onLeave = onLeave;
    for (const { name, key } of [{ name: LOBBY }, ...(storedPlaces() ?? [])])
      this.all.set(name, new Room(name, key));
    this.current = this.#visit(placeOf(location.hash) ?? { name: LOBBY });
  }

  /** Shows a room, and enters it if one is not there. @param {Place} place */
  open(place) {
    const room = this.#visit(place);
    this.current = room;
    room.divider = room.marker;
    const hash = hashOf(room);
    if (location.hash !== hash) history.pushState(undefined, '', hash);
    return room;
  }

  /** Goes where the address says, after Back or a new fragment. @returns {boolean} whether there is something to show */
  followAddress() {
    const place = placeOf(location.hash) ?? { name: LOBBY };
    const before = this.current;
    this.current = this.#visit(place);
    const isOther = this.current !== before;
    if (isOther) this.current.divider = this.current.marker;
    return isOther || this.current.otherKey !== undefined;
  }

  /** @param {Room} room the lobby stays */
  leave(room) {
    if (room.name === LOBBY) return;
    const others = (storedPlaces() ?? []).filter(({ name }) => name !== room.name);
    remember('rooms', others);
    this.#drop(room);
    if (this.current === room) this.open({ name: LOBBY });
  }

  /** Takes over what another tab has entered and left, and keys that its owner has agreed to there. The room that is shown stays. */
  readList() {
    const places = storedPlaces();
    if (!places) return;
    for (const room of [...this.all.values()]) {
      const isListed = room.name === LOBBY || places.some(({ name }) => name === room.name);
      if (!isListed && room !== this.current) this.#drop(room);
    }
    for (const place of places) this.#enter(place);
  }

  /** @param {Place} place to show, in the list of all tabs from now on @returns {Room} */
  #visit({ name, key, isAgreed = false }) {
    const known = this.all.get(name);
    if (known?.key && key && key !== known.key && !isAgreed) {
      // Anybody can make such a link, and would read what is said with its key. The one that is known may be the only copy.
      known.otherKey = key;
      history.replaceState(undefined, '', hashOf(known));
      return known;
    }
    const room = this.#enter({ name, key });
    // Only what has changed: another tab may have changed the others.
    const places = storedPlaces() ?? [];
    const stored = places.find((place) => place.name === name);
    const others = places.filter((place) => place !== stored);
    const isNew = !stored || (key && stored.key !== key);
    if (isNew && name !== LOBBY) remember('rooms', [...others, { name, key: room.key }]);
    return room;
  }

  /** @param {Place} place whose key is to be had @returns {Room} */
  #enter({ name, key }) {
    const known = this.all.get(name);
    if (known && (!key || known.key === key)) return known;
    const room = known ?? new Room(name, key);
    if (known && key) known.useKey(key);
    if (room === this.current) history.replaceState(undefined, '', hashOf(room));
    this.all.set(name, room);
    this.#onEnter(room);
    return room;
  }

  /** @param {Room} room */
  #drop(room) {
    this.all.delete(room.name);
    this.#onLeave(room);
    for (const one of this.all.values()) {
      if (!one.refusal) continue;
      one.refusal = undefined;
      this.#onEnter(one);
    }
  }
}

/** @returns {Place[] | undefined} undefined if nothing was ever stored, or the browser stores nothing */
function storedPlaces() {
  const stored = recall('rooms');
  if (!Array.isArray(stored)) return undefined;
  return stored.filter((place) => typeof place?.name === 'string' && place.name !== '');
}
