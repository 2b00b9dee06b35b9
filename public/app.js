/** The chat, when somebody has signed in: joins what the other files do. */
import { Composer } from './composer.js';
import { Connection } from './connection.js';
import { dialog, drawer } from './dialogs.js';
import { byId, colourOf, setText } from './dom.js';
import { Incoming } from './incoming.js';
import { onLanguage, t } from './language.js';
import { LogView } from './log-view.js';
import { Notices } from './notices.js';
import { Outbox } from './outbox.js';
import { OutboxStore } from './outbox-store.js';
import { PeopleView } from './people-view.js';
import { CLOSED, newId, SUBPROTOCOL } from './protocol.js';
import { Rooms } from './rooms.js';
import { RoomsView } from './rooms-view.js';
import { Search } from './search.js';
import { currentSession } from './session.js';
import { StatusView } from './status.js';
import { onOtherTab } from './storage.js';
import { Tabs } from './tabs.js';

/**
 * @typedef {import('./protocol.js').Author} Author
 * @typedef {import('./room.js').Room} Room
 * @typedef {import('./timeline.js').Message} Message
 * @typedef {import('./protocol.js').Entry} Entry
 */

/** A search goes back so many pages of history to show what it found. */
const GOAL_PAGES = 50;
/** A timer that comes so much later than it should has slept. */
const TICK_MS = 5_000;
const SLEPT_MS = 15_000;
/** Of a message that is read out. */
const ANNOUNCED_CHARACTERS = 300;

export class App {
  #view = byId('app', HTMLElement);
  /** @type {Author} */
  #you = { id: '', name: '' };
  /** @type {import('./protocol.js').Welcome | undefined} */
  #welcome;
  #isOpen = false;
  #hasStorage = true;
  #extensions = '';
  #isScheduled = false;
  #tabs = new Tabs();
  #url = chatUrl();
  #status = new StatusView(this.#url, () => this.#connection.retryNow());
  #connection = new Connection(
    this.#url,
    SUBPROTOCOL,
    (state) => this.#entered(state),
    (text) => this.#incoming.receive(text),
  );
  #outbox = new Outbox(
    new OutboxStore(),
    { tab: this.#tabs.id, alive: () => this.#tabs.alive(), tell: (message) => this.#tabs.tell(message) },
    {
      canSend: (name) =>
        this.#isOpen &&
        this.#hasStorage &&
        this.#welcome !== undefined &&
        this.#roomOf(name)?.isJoined === true,
      epoch: (name) => this.#roomOf(name)?.timeline.epoch ?? '',
      send: (item) => this.#send(item),
      show: (item) => {
        this.#roomOf(item.room)?.timeline.say(item);
        this.#changed();
      },
      hide: (item) => {
        this.#roomOf(item.room)?.timeline.drop(item.id);
        this.#changed();
      },
      silent: () => this.#connection.abandon(),
      tooFast: (until) => this.#composer.setTooFast(until),
    },
  );
  #incoming = new Incoming(
    {
      welcome: (frame) => this.#welcomed(frame),
      room: (name) => this.#roomOf(name),
      join: (room) => this.#join(room),
      isReading: (room) => this.#isReading(room),
      storage: (isAvailable) => this.#setStorage(isAvailable),
      changed: () => this.#changed(),
      news: (room, entries) => this.#tell(room, entries),
      earlier: (room) => this.#approach(room),
    },
    this.#outbox,
  );
  #composer = new Composer({
    say: (text) => this.#say(text),
    change: (message, text) => this.#change('edit', message, text),
    typing: () => this.#ask({ type: 'typing', room: this.#rooms.current.name }),
    editLast: () => this.#editLast(),
  });
  #log = new LogView(
    {
      edit: (message) => this.#composer.edit(message),
      delete: (message) => this.#askToDelete(message),
      retry: (id) => this.#outbox.retry(id),
      discard: (id) => this.#outbox.drop(id),
      isOnline: () => this.#isOpen,
      canChange: (message) => message.epoch !== '' && message.epoch === this.#rooms.current.timeline.epoch,
    },
    (room) => this.#earlier(room, 50),
  );
  #rooms = new Rooms(
    (room) => this.#enteredRoom(room),
    (room) => this.#ask({ type: 'leave', room: room.name }),
  );
  #roomsView = new RoomsView((place) => this.#open(place));
  #people = new PeopleView((room) => {
    this.#drawers.people.close();
    this.#rooms.leave(room);
    this.#showRoom();
  });
  #search = new Search((room, { id, seq }) => this.#goTo(room, id, seq));
  #notices = new Notices((room) => this.#open(room));
  #deleteDialog = dialog('delete-dialog');
  #drawers = {
    rooms: drawer({
      panel: 'rooms',
      column: 'rooms-column',
      drawer: 'rooms-drawer',
      opener: 'open-rooms',
      wide: '(min-width: 48em)',
    }),
    people: drawer({
      panel: 'people',
      column: 'people-column',
      drawer: 'people-drawer',
      opener: 'open-people',
      wide: '(min-width: 72em)',
    }),
  };
  /** @type {(why: 'ended' | 'left') => void} */
  #onEnd = () => {};
  #isLeaving = false;

  constructor() {
    byId('open-search', HTMLButtonElement).onclick = () => this.#search.open(this.#rooms.current);
    byId('open-settings', HTMLButtonElement).onclick = () => {
      this.#drawers.rooms.close();
      this.#notices.open();
    };
    this.#tabs.onTold((message) => this.#told(message));
    onOtherTab((name) => {
      for (const room of this.#rooms.all.values()) if (name === `read.${room.name}`) room.readMarker();
      this.#changed();
    });
    onLanguage(() => this.#render());
    this.#watchTheWorld();
  }

  /** How many messages wait to be sent. */
  get unsent() {
    return this.#outbox.size;
  }

  /**
   * Runs until the session ends.
   * @param {Author} user
   * @param {boolean} hasAccounts
   * @returns {Promise<'ended' | 'left'>}
   */
  async run(user, hasAccounts) {
    this.#you = user;
    this.#hasAccounts = hasAccounts;
    this.#isLeaving = false;
    this.#view.hidden = false;
    this.#tabs.enter();
    await this.#outbox.signIn(user, hasAccounts);
    this.#connection.start();
    this.#isRunning = true;
    this.#showRoom();
    const why = await new Promise((resolve) => {
      this.#onEnd = resolve;
    });
    this.#isRunning = false;
    this.#composer.keep();
    this.#notices.close();
    for (const drawer of Object.values(this.#drawers)) drawer.close();
    this.#view.hidden = true;
    this.#connection.stop();
    return why;
  }

  /** The session is about to end because its owner wants it. */
  leave() {
    this.#isLeaving = true;
  }

  #isRunning = false;
  #hasAccounts = false;

  /** @param {string} name */
  #roomOf(name) {
    return this.#rooms.all.get(name);
  }

  /** @param {import('./connection.js').State} state */
  #entered(state) {
    this.#isOpen = state.kind === 'open';
    this.#extensions = state.kind === 'open' ? state.extensions : '';
    this.#hasStorage = true;
    if (state.kind !== 'open') this.#lose();
    this.#composer.setOpen(this.#isOpen, this.#extensions);
    this.#status.show(state);
    this.#log.refresh();
    if (state.kind === 'waiting') void this.#checkSession(state);
  }

  #lose() {
    this.#welcome = undefined;
    this.#outbox.disconnected();
    for (const room of this.#rooms.all.values()) {
      room.isJoined = room.isLoading = false;
      room.typing = [];
    }
    this.#changed();
  }

  /** A browser does not tell why a WebSocket was refused. @param {{ code: number | undefined, wasOpen: boolean }} state */
  async #checkSession({ code, wasOpen }) {
    const isOver = code === CLOSED.sessionEnded;
    if (!isOver && (wasOpen || (await currentSession()).kind !== 'out')) return;
    this.#onEnd(this.#isLeaving ? 'left' : 'ended');
  }

  /** @param {import('./protocol.js').Welcome} frame */
  #welcomed(frame) {
    this.#welcome = frame;
    this.#you = frame.you;
    this.#composer.setLimit(frame.limits.textBytes);
    this.#search.setServer(frame.search);
    for (const room of this.#rooms.all.values()) this.#join(room);
    void this.#outbox.signIn(frame.you, this.#hasAccounts);
  }

  /** @param {boolean} isAvailable */
  #setStorage(isAvailable) {
    this.#hasStorage = isAvailable;
    this.#status.showStorage(isAvailable);
    if (isAvailable) this.#outbox.pump();
  }

  /** @param {unknown} request @returns {boolean} whether it was sent */
  #ask(request) {
    return this.#welcome !== undefined && this.#connection.send(JSON.stringify(request));
  }

  /** @param {Room} room */
  #join(room) {
    const after = room.timeline.cursor;
    room.isJoined = false;
    this.#ask({ type: 'join', room: room.name, ...(after ? { after } : {}) });
  }

  /** @param {Room} room */
  #enteredRoom(room) {
    if (!this.#welcome) return;
    this.#join(room);
    this.#outbox.showIn(room.name);
  }

  /** @param {Room} room @param {number} limit */
  #earlier(room, limit) {
    const { before } = room.timeline;
    if (before === undefined || room.isLoading || !room.isJoined) return;
    room.isLoading = this.#ask({ type: 'history', room: room.name, before, limit });
  }

  /** @param {import('./outbox.js').Waiting} item @returns {Promise<boolean>} whether it was sent */
  async #send({ id, room: name, kind, text, target }) {
    const room = this.#roomOf(name);
    const request = { type: kind === 'text' ? 'say' : kind, room: name, id, ...(target ? { target } : {}) };
    if (kind === 'delete') return this.#ask(request);
    if (!room?.isEncrypted) return this.#ask({ ...request, text });
    const sealed = await room.seal({ id, sender: this.#you.id, target: target ?? 0, text });
    if (sealed !== undefined) return this.#ask({ ...request, text: sealed, sealed: true });
    this.#outbox.refuse({ type: 'error', code: 'no-key', message: '', id });
    return false;
  }

  /** @param {string} text */
  #say(text) {
    const room = this.#rooms.current;
    room.divider = room.isCaughtUp ? room.marker : room.divider;
    this.#outbox.add({ id: newId(), room: room.name, kind: 'text', text, ...sealedIn(room) });
    this.#log.follow();
  }

  /** @param {'edit' | 'delete'} kind @param {Message} message @param {string} text */
  #change(kind, { seq, epoch }, text) {
    const room = this.#rooms.current;
    if (seq)
      this.#outbox.add({ id: newId(), room: room.name, kind, target: seq, epoch, text, ...sealedIn(room) });
  }

  #editLast() {
    const { timeline } = this.#rooms.current;
    const last = timeline.items().findLast((item) => item.type === 'message' && this.#isMine(item));
    if (last?.type === 'message') this.#composer.edit(last);
  }

  /** @param {Message} message */
  #isMine({ author, state, isDeleted, seq, epoch }) {
    const isKept = state === 'kept' && !isDeleted && seq !== undefined;
    return isKept && author.id === this.#you.id && epoch === this.#rooms.current.timeline.epoch;
  }

  /** @param {Message} message */
  #askToDelete(message) {
    setText(byId('delete-text', HTMLElement), message.text.slice(0, 200));
    byId('delete-button', HTMLButtonElement).onclick = () => {
      this.#deleteDialog.close();
      this.#change('delete', message, '');
    };
    this.#deleteDialog.showModal();
  }

  /** @param {import('./rooms.js').Place} place */
  #open(place) {
    this.#drawers.rooms.close();
    this.#rooms.open(place);
    this.#showRoom();
  }

  #showRoom() {
    const room = this.#rooms.current;
    this.#composer.show(room);
    this.#log.show(room, this.#you.id);
    this.#render();
  }

  /** @param {Room} room @param {string} id @param {number | undefined} seq */
  #goTo(room, id, seq) {
    this.#open(room);
    if (this.#log.reveal(id) || seq === undefined) return;
    room.goal = { id, seq, pages: GOAL_PAGES };
    this.#earlier(room, this.#welcome?.limits.historyPage ?? 50);
  }

  /** A page of history has come: is what one looks for in it? @param {Room} room */
  #approach(room) {
    const { goal, timeline } = room;
    if (!goal) return;
    const isThere = timeline.before === undefined || timeline.before <= goal.seq;
    if (!isThere && goal.pages-- > 0) return this.#earlier(room, this.#welcome?.limits.historyPage ?? 50);
    room.goal = undefined;
    this.#log.render();
    this.#log.reveal(goal.id);
  }

  /** @param {Room} room */
  #isReading(room) {
    return !document.hidden && this.#isRunning && room === this.#rooms.current && this.#log.isAtBottom;
  }

  /** @param {Room} room @param {readonly Entry[]} entries that have just come */
  #tell(room, entries) {
    const last = entries.findLast(({ kind, author }) => kind === 'text' && author.id !== this.#you.id);
    if (!last) return;
    if (this.#isReading(room)) {
      const text = last.unreadable ? t.unreadable : last.text.slice(0, ANNOUNCED_CHARACTERS);
      setText(byId('announcer', HTMLElement), t.says(last.author.name || t.nobody, text));
    } else if (room.unread(this.#you.id) > 0) this.#notices.tell(room, last);
  }

  /** @param {any} message of another tab */
  #told(message) {
    if (message.type === 'gone') setTimeout(() => void this.#outbox.adopt(), 500);
    else this.#outbox.told(message);
  }

  #watchTheWorld() {
    addEventListener('offline', () => this.#isRunning && this.#connection.abandon());
    addEventListener('online', () => this.#wake());
    addEventListener('hashchange', () => this.#rooms.followAddress() && this.#showRoom());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) return this.#wake();
      this.#composer.keep();
      const room = this.#rooms.current;
      if (room.isCaughtUp) room.divider = room.marker;
    });
    // An open socket, or a lock, would keep the page out of the back/forward cache.
    addEventListener('pagehide', () => {
      this.#connection.stop();
      this.#composer.keep();
      this.#tabs.leave();
      this.#tabs.tell({ type: 'gone' });
    });
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted || !this.#isRunning) return;
      this.#tabs.enter();
      this.#connection.start();
    });
    let last = Date.now();
    setInterval(() => {
      if (Date.now() - last > SLEPT_MS) this.#wake();
      last = Date.now();
    }, TICK_MS);
  }

  /** The machine may have slept: no timer and no socket is to be believed. */
  #wake() {
    if (!this.#isRunning) return;
    this.#connection.retryNow();
    const room = this.#rooms.current;
    if (room.isJoined)
      this.#connection.probe(JSON.stringify({ type: 'history', room: room.name, before: 1, limit: 1 }));
    this.#changed();
  }

  /** Renders soon, once for all that comes until then. */
  #changed() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const render = () => {
      this.#isScheduled = false;
      this.#render();
    };
    // Nothing is painted in a hidden tab, and no frame comes there.
    if (document.hidden) setTimeout(render, 100);
    else requestAnimationFrame(render);
  }

  #render() {
    if (!this.#isRunning) return;
    const room = this.#rooms.current;
    this.#log.show(room, this.#you.id);
    if (this.#isReading(room)) room.markRead(false);
    const unreadOf = (/** @type {Room} */ one) => one.unread(this.#you.id);
    const all = [...this.#rooms.all.values()];
    this.#roomsView.render(all, room, unreadOf);
    this.#notices.setUnread(all.reduce((sum, one) => sum + unreadOf(one), 0));
    this.#people.render(room, this.#you.id);
    this.#renderHead(room);
  }

  /** @param {Room} room */
  #renderHead(room) {
    const title = byId('room-title', HTMLElement);
    setText(title, room.title);
    title.classList.toggle('encrypted', room.isEncrypted);
    setText(byId('my-name', HTMLElement), this.#you.name);
    byId('my-name', HTMLElement).className = colourOf(this.#you.id);
    const isEmpty = room.isJoined && room.timeline.items().length === 0;
    byId('empty', HTMLElement).hidden = !isEmpty;
    byId('empty-lobby', HTMLElement).hidden = room.name !== 'lobby';
    byId('empty-room', HTMLElement).hidden = room.name === 'lobby';
    byId('second-window', HTMLAnchorElement).href = location.href;
    setText(
      byId('empty-storage', HTMLElement),
      this.#welcome?.storage === 'memory' ? t.keptInMemory : t.keptOnDisk,
    );
    const refusal = byId('refusal', HTMLElement);
    const problem = room.refusal
      ? t.tooManyRooms(this.#welcome?.limits.rooms ?? 0)
      : room.isEncrypted && !room.key
        ? t.noKey
        : '';
    refusal.hidden = problem === '';
    setText(refusal, problem);
  }
}

function chatUrl() {
  const url = new URL('chat', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  url.hash = '';
  url.search = '';
  return url.href;
}

/** @param {Room} room @returns {{ sealed?: true }} */
function sealedIn({ isEncrypted }) {
  return isEncrypted ? { sealed: true } : {};
}
