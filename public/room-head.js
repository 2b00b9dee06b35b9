/** What stands over the log: the name of the room, what is said of an empty one, and why one cannot enter. */
import { byId, colourOf, setText } from './dom.js';
import { t } from './language.js';
import { LOBBY } from './rooms.js';

/**
 * @param {import('./room.js').Room} room
 * @param {import('./protocol.js').Author} you
 * @param {import('./protocol.js').Welcome | undefined} welcome
 */
export function renderRoomHead(room, you, welcome) {
  const title = byId('room-title', HTMLElement);
  setText(title, room.title);
  title.classList.toggle('encrypted', room.isEncrypted);
  setText(byId('room-secrecy', HTMLElement), room.isEncrypted ? ` (${t.encryptedRoom})` : '');
  const name = byId('my-name', HTMLElement);
  setText(name, you.name);
  name.className = colourOf(you.id);
  byId('empty', HTMLElement).hidden = !room.isJoined || room.timeline.items().length > 0;
  byId('empty-lobby', HTMLElement).hidden = room.name !== LOBBY;
  byId('empty-room', HTMLElement).hidden = room.name === LOBBY;
  byId('second-window', HTMLAnchorElement).href = location.href;
  setText(byId('empty-storage', HTMLElement), welcome?.storage === 'memory' ? t.keptInMemory : t.keptOnDisk);
  const problem = problemOf(room, welcome);
  const refusal = byId('refusal', HTMLElement);
  refusal.hidden = problem === '';
  setText(refusal, problem);
}

/** @param {import('./room.js').Room} room @param {import('./protocol.js').Welcome | undefined} welcome */
function problemOf(room, welcome) {
  if (room.refusal) return t.tooManyRooms(welcome?.limits.rooms ?? 0);
  return room.isEncrypted && !room.key ? t.noKey : '';
}
