/** The chat, when somebody has signed in: joins what the other files do. */
import { Announcer } from './announcer.js';
import { Composer } from './composer.js';
import { DeleteDialog } from './delete-dialog.js';
import { drawer } from './dialogs.js';
import { byId } from './dom.js';
import { Finder } from './finder.js';
import { Incoming } from './incoming.js';
import { onLanguage } from './language.js';
import { Line } from './line.js';
import { LogView } from './log-view.js';
import { Notices } from './notices.js';
import { Outbox } from './outbox.js';
import { OutboxStore } from './outbox-store.js';
import { PeopleView } from './people-view.js';
import { newId } from './protocol.js';
import { renderRoomHead } from './room-head.js';
import { Rooms } from './rooms.js';
import { RoomsView } from './rooms-view.js';
import { Search } from './search.js';
import { StatusView } from './status.js';
import { onOtherTab } from './storage.js';
import { Tabs } from './tabs.js';
import { watchTheWorld } from './world.js';

/**
 * @typedef {import('./protocol.js').Author} Author
 * @typedef {import('./room.js').Room} Room
 * @typedef {import('./timeline.js').Message} Message
 * @typedef {import('./outbox.js').Waiting} Waiting
 */

/** The lock of a tab that goes is there a little longer. */
const GONE_MS = 500;
const HIDDEN_RENDER_MS = 100;

export class App {
  /** Whether the session is about to end because its owner wants it. */
  isLeaving = false;
  #view = byId('app', HTMLElement);
  /** @type {Author} */
  #you = { id: '', name: '' };
  #hasAccounts = false;
  #isRunning = false;
  #isScheduled = false;
  /** @type {(why: 'ended' | 'left') => void} */
  #onEnd = () => {};

  #line = new Line({
    state: (state) => this.#entered(state),
    message: (text) => this.#incoming.receive(text),
    over: () => this.end(),
  });
  #status = new StatusView(this.#line.url, () => this.#line.retryNow());
  #tabs = new Tabs();
  #outbox = new Outbox(new OutboxStore(), this.#tabs, {
    has: ({ room, targetId = '' }) => this.#roomOf(room)?.timeline.has(targetId) === true,
    canSend: (name) => this.#line.canSend(this.#roomOf(name)),
    send: (item) => this.#line.send(this.#roomOf(item.room), item),
    show: (item) => this.#echo(item, true),
    hide: (item) => this.#echo(item, false),
    silent: () => this.#line.abandon(),
    tooFast: (until) => this.#composer.setTooFast(until),
  });
  #incoming = new Incoming(
    {
      welcome: (frame) => this.#welcomed(frame),
      room: (name) => this.#roomOf(name),
      join: (room) => this.#line.join(room),
      isReading: (room) => this.#isReading(room),
      mayTrim: (room) =>
        (room !== this.#rooms.current || this.#log.isAtBottom) && !this.#finder.isSeeking(room),
      storage: (isAvailable) => this.#setStorage(isAvailable),
      changed: () => this.#changed(),
      news: (room, entries) => this.#announcer.news(room, entries, this.#you.id),
      earlier: (room) => this.#finder.approach(room),
    },
    this.#outbox,
  );
  #composer = new Composer({
    say: (text) => this.#say(text),
    change: (message, text) => this.#change('edit', message, text),
    typing: () => void this.#line.ask({ type: 'typing', room: this.#rooms.current.name }),
    editLast: () => this.#editLast(),
  });
  #log = new LogView(
    {
      edit: (message) => this.#composer.edit(message),
      delete: (message) => this.#delete.ask(message),
      retry: (id) => this.#outbox.retry(id),
      discard: (id) => this.#outbox.drop(id),
      isOnline: () => this.#line.isOpen,
      canChange: (message) => this.#canChange(message),
    },
    (room) => this.#line.earlier(room, false),
  );
  #rooms = new Rooms(
    (room) => this.#enteredRoom(room),
    (room) => void this.#line.ask({ type: 'leave', room: room.name }),
  );
  #roomsView = new RoomsView((place) => this.#open(place));
  #people = new PeopleView((room) => this.#leave(room));
  #finder = new Finder({
    reveal: (id) => this.#log.reveal(id),
    earlier: (room) => this.#line.earlier(room, true),
    lost: () => this.#search.lost(),
  });
  #search = new Search((room, { id, seq }) => {
    this.#open(room);
    this.#finder.goTo(room, id, seq);
  });
  #notices = new Notices((room) => this.#open(room));
  #announcer = new Announcer((room) => this.#isReading(room), this.#notices);
  #delete = new DeleteDialog((message) => this.#change('delete', message, ''));
  #roomsDrawer = drawer('rooms', '(min-width: 48em)');
  #peopleDrawer = drawer('people', '(min-width: 72em)');

  constructor() {
    byId('open-search', HTMLButtonElement).onclick = () => this.#search.open(this.#rooms.current);
    byId('open-settings', HTMLButtonElement).onclick = () => {
      this.#roomsDrawer.close();
      this.#notices.open();
    };
    this.#tabs.onTold((message) => this.#told(message));
    onOtherTab((name) => {
      for (const room of this.#rooms.all.values()) if (name === `read.${room.name}`) room.readMarker();
      if (name === 'rooms') this.#rooms.readList();
      this.#changed();
    });
    onLanguage(() => this.#render());
    watchTheWorld({
      offline: () => this.#isRunning && this.#line.abandon(),
      wake: () => this.#wake(),
      tick: () => this.#line.listen(this.#rooms.all.values()),
      hidden: () => this.#hidden(),
      away: () => this.#away(),
      back: () => this.#isRunning && this.#begin(),
      moved: () => this.#rooms.followAddress() && this.#showRoom(),
    });
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
    this.#isRunning = true;
    this.#view.hidden = false;
    this.#showRoom();
    this.#composer.focus();
    const ended = new Promise((/** @type {(why: 'ended' | 'left') => void} */ resolve) => {
      this.#onEnd = resolve;
    });
    void this.#outbox.signIn(user, hasAccounts); // waits for a database that may never open
    this.#begin();
    const why = await ended;
    this.isLeaving = false;
    this.#isRunning = false;
    this.#composer.keep();
    for (const open of document.querySelectorAll('dialog[open]'))
      if (open instanceof HTMLDialogElement) open.close();
    this.#view.hidden = true;
    this.#line.stop();
    return why;
  }

  /** The session is over. */
  end() {
    this.#onEnd(this.isLeaving ? 'left' : 'ended');
  }

  #begin() {
    this.#rooms.readList();
    this.#tabs.enter();
    this.#line.start();
  }

  /** An open socket, or a lock, would keep the page out of the back/forward cache. */
  #away() {
    this.#line.stop();
    this.#composer.keep();
    this.#tabs.leave();
  }

  #wake() {
    if (!this.#isRunning) return;
    this.#line.wake(this.#rooms.all.values());
    this.#changed();
  }

  #hidden() {
    this.#composer.keep();
    const room = this.#rooms.current;
    if (room.isCaughtUp) room.divider = room.marker;
    this.#isScheduled = false; // a frame that was asked for does not come before one looks again
    this.#changed();
  }

  /** @param {string} name */
  #roomOf(name) {
    return this.#rooms.all.get(name);
  }

  /** @param {import('./connection.js').State} state */
  #entered(state) {
    if (state.kind !== 'open') {
      this.#outbox.disconnected();
      this.#finder.stop();
      for (const room of this.#rooms.all.values()) room.disconnected();
    }
    this.#composer.setOpen(this.#line.isOpen, this.#line.extensions);
    this.#status.show(state);
    this.#log.refresh();
    this.#changed();
  }

  /** @param {import('./protocol.js').Welcome} frame */
  #welcomed(frame) {
    this.#line.welcome = frame;
    this.#you = frame.you;
    this.#composer.setLimit(frame.limits.textBytes);
    this.#search.setServer(frame.search);
    this.#showRoom(); // who one is, the server knows
    for (const room of this.#rooms.all.values()) this.#line.join(room);
    void this.#outbox.signIn(frame.you, this.#hasAccounts);
  }

  /** @param {boolean} isAvailable */
  #setStorage(isAvailable) {
    this.#line.hasStorage = isAvailable;
    this.#status.showStorage(isAvailable);
    if (isAvailable) this.#outbox.pump();
  }

  /** @param {Room} room */
  #enteredRoom(room) {
    if (this.#isRunning) this.#outbox.showIn(room.name);
    if (this.#line.welcome) this.#line.join(room);
  }

  /** @param {Waiting} item @param {boolean} isThere */
  #echo(item, isThere) {
    const timeline = this.#roomOf(item.room)?.timeline;
    if (isThere) this.#announcer.fate(item);
    if (isThere) timeline?.say(item);
    else timeline?.drop(item.id);
    this.#changed();
  }

  /** @param {string} text */
  #say(text) {
    const room = this.#rooms.current;
    if (room.isCaughtUp) room.divider = room.marker;
    this.#outbox.add({ id: newId(), room: room.name, kind: 'text', text, ...sealedIn(room) });
    this.#log.follow();
  }

  /** @param {'edit' | 'delete'} kind @param {Message} message @param {string} text */
  #change(kind, { seq, id: targetId }, text) {
    const room = this.#rooms.current;
    if (!seq) return;
    this.#outbox.add({ id: newId(), room: room.name, kind, target: seq, targetId, text, ...sealedIn(room) });
  }

  #editLast() {
    const items = this.#rooms.current.timeline.items();
    const last = items.findLast((item) => item.type === 'message' && this.#canChange(item));
    if (last?.type === 'message') this.#composer.edit(last);
  }

  /** @param {Message} message */
  #canChange({ author, state, isDeleted, seq, epoch }) {
    const isKept = state === 'kept' && !isDeleted && seq !== undefined;
    return isKept && author.id === this.#you.id && epoch === this.#rooms.current.timeline.epoch;
  }

  /** @param {import('./rooms.js').Place} place */
  #open(place) {
    this.#roomsDrawer.close();
    this.#rooms.open(place);
    this.#showRoom();
  }

  /** @param {Room} room */
  #leave(room) {
    this.#peopleDrawer.close();
    this.#rooms.leave(room);
    this.#showRoom();
  }

  #showRoom() {
    if (!this.#isRunning) return;
    const room = this.#rooms.current;
    this.#finder.stop();
    this.#composer.show(room, this.#you, this.#hasAccounts);
    this.#log.show(room, this.#you.id);
    this.#render();
  }

  /** @param {Room} room */
  #isReading(room) {
    return !document.hidden && this.#isRunning && room === this.#rooms.current && this.#log.isAtBottom;
  }

  /** @param {any} message of another tab */
  #told(message) {
    if (message.type === 'gone') setTimeout(() => void this.#outbox.adopt(), GONE_MS);
    else this.#outbox.told(message);
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
    if (document.hidden) setTimeout(render, HIDDEN_RENDER_MS);
    else requestAnimationFrame(render);
  }

  #render() {
    if (!this.#isRunning) return;
    const room = this.#rooms.current;
    this.#log.show(room, this.#you.id);
    if (this.#isReading(room)) room.markRead(false);
    const unread = new Map([...this.#rooms.all.values()].map((one) => [one, one.unread(this.#you.id)]));
    this.#roomsView.render(unread.keys(), room, (one) => unread.get(one) ?? 0);
    this.#notices.setUnread([...unread.values()].reduce((sum, one) => sum + one, 0));
    this.#people.render(room, this.#you.id);
    renderRoomHead(room, this.#you, this.#line.welcome);
  }
}

/** @param {Room} room @returns {{ sealed?: true }} */
function sealedIn({ isEncrypted }) {
  return isEncrypted ? { sealed: true } : {};
}
