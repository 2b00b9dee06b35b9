import { Composer } from './composer.js';
import { Connection } from './connection.js';
import { LogView } from './log.js';
import { StatusView } from './status.js';
import { localize, strings } from './strings.js';

localize();

const url = new URL('chat', location.href);
url.protocol = url.protocol.replace('http', 'ws');

const log = new LogView();
const status = new StatusView(url.href, () => connection.retryNow());
const composer = new Composer(send);

// One TCP connection keeps the order and the server echoes verbatim, so a message with an awaited text is our own.
/** @type {string[]} */
let awaited = [];
let wasOpen = false;
let wasLost = false;

const connection = new Connection(
  url.href,
  (state) => {
    status.show(state);
    if (state.kind === 'open') {
      composer.setOpen(true, state.extensions);
      if (wasLost) log.note('back', strings.back);
      wasLost = false;
    } else {
      composer.setOpen(false);
      if (wasOpen) lose(state.kind === 'waiting' ? state.code : undefined);
    }
    wasOpen = state.kind === 'open';
  },
  (text) => {
    const index = awaited.indexOf(text);
    // The server has dropped anything that was awaited before it.
    awaited.splice(0, index + 1);
    log.message(text, index >= 0);
  },
);

/** @param {string} text */
function send(text) {
  if (!connection.send(text)) return false;
  awaited.push(text);
  log.follow();
  return true;
}

/** @param {number | undefined} code */
function lose(code) {
  wasLost = true;
  if (awaited.length === 0) return log.note('lost', strings.lost(code));
  log.note('lost', `${strings.lost(code)} ${strings.unconfirmed}`);
  composer.restore(awaited);
  awaited = [];
}

addEventListener('offline', () => connection.abandon());
addEventListener('online', () => connection.retryNow());
document.addEventListener('visibilitychange', () => {
  if (document.hidden) composer.keep();
  else connection.retryNow();
});
// An open socket would keep the page out of the back/forward cache.
addEventListener('pagehide', () => {
  connection.stop();
  composer.keep();
});
addEventListener('pageshow', () => connection.start());
connection.start();
