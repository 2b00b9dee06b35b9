/** The texts of the page in English. The other languages have the same names. */

const plural = (/** @type {number} */ count, /** @type {string} */ one, /** @type {string} */ many) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

const size = (/** @type {number} */ bytes) => {
  if (bytes < 1_024) return plural(bytes, 'byte', 'bytes');
  return bytes < 1_048_576 ? `${Math.round(bytes / 1_024)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
};

export const en = {
  lang: 'en',
  title: 'barewire chat',
  language: 'Language',

  signInTitle: 'What should we call you?',
  signInLead: 'Pick a name and you are in. No password, no e-mail.',
  accountTitle: 'Welcome back',
  accountLead: 'Sign in with your name and password.',
  newAccountTitle: 'Make an account',
  newAccountLead: 'A name, and a password of at least 8 characters. That is all.',
  name: 'Name',
  accountName: 'Name',
  password: 'Password',
  enter: 'Enter the chat',
  signIn: 'Sign in',
  createAccount: 'Create account',
  wantAccount: 'I have no account yet',
  haveAccount: 'I have an account',
  sessionEnded: 'Your session has ended. Sign in again; what you had not sent yet is kept.',
  unsent: (/** @type {number} */ count) => `${plural(count, 'message waits', 'messages wait')} to be sent.`,
  signInErrors: /** @type {Record<string, string>} */ ({
    'bad-name': 'A name has 1 to 32 characters that can be seen.',
    'bad-password': 'A password has 8 to 256 characters.',
    'wrong-credentials': 'This name and password do not belong together.',
    'name-taken': 'This name is taken. Choose another one.',
    unreachable: 'The server cannot be reached. Try again in a moment.',
    other: 'That did not work. Try again in a moment.',
  }),
  tooManyTries: (/** @type {number} */ seconds) =>
    `Too many tries. Wait ${plural(seconds, 'second', 'seconds')}.`,

  connecting: 'Connecting',
  open: 'Connected',
  waiting: 'Not connected',
  offline: 'You are offline',
  stopped: 'Not connected',
  storageAway: 'Connected, but the server cannot store messages now',
  tooFastClosed: 'Sent away for sending too fast',
  tooManyConnections: 'Too many open windows from your address',
  retryIn: (/** @type {number} */ seconds) => `next try in ${seconds} s`,
  trying: 'trying now',
  retryNow: 'Try now',

  rooms: 'Rooms',
  openRooms: 'Rooms and settings',
  newRoom: 'New room',
  unread: (/** @type {number} */ count) => plural(count, 'unread message', 'unread messages'),
  encryptedRoom: 'encrypted',
  roomName: 'Name of the room',
  roomHint:
    'A room exists as soon as somebody writes in it. If there is one of this name already, you enter it.',
  roomBadName: 'Use letters, digits, hyphens and underscores.',
  makeEncrypted: 'Encrypted: only those who have the link can read it',
  cannotEncrypt: 'Encrypted rooms need https: over plain http, browsers have no encryption.',
  openRoom: 'Open room',
  cancel: 'Cancel',
  close: 'Close',
  copyLink: 'Copy link to this room',
  copied: 'Copied',
  leaveRoom: 'Leave this room',
  tooManyRooms: (/** @type {number} */ most) =>
    `You are in as many rooms as this server allows (${most}). Leave one to enter this one.`,
  otherKey: 'This link has another key',
  otherKeyText:
    'You already have a key of this encrypted room, and the link has a different one. If you use that one, the maker of the link can read what you write from then on; your own key is forgotten, and what was written with it cannot be read here any more.',
  keepKey: 'Keep my key',
  useKey: 'Use the key of the link',

  people: 'People',
  peopleHere: (/** @type {number} */ count) => `${plural(count, 'person', 'people')} here`,
  youMark: 'you',
  crowdNote: (/** @type {number} */ ms, /** @type {number} */ perSecond) =>
    `Very many are here. Messages come together every ${ms / 1_000} s, and each of you can send ${perSecond} a second.`,
  encryptedTitle: 'Encrypted room',
  encryptedNote:
    'Texts are encrypted in your browser, with a key that is only in the link. The server cannot read, change or move them. It does see who writes, when, and how much; it could hold messages back; and it serves this page, so you still trust it for that. Everybody who has the link can read everything. This browser remembers the key, also after you sign out, until you leave the room.',
  noKey: 'You do not have the key of this room. Open it with the whole link that you were given.',

  logLabel: 'Messages',
  emptyTitle: 'Nothing on the wire yet.',
  emptyLink: 'Open this page in a second window',
  emptyRest:
    ' and say hello. You are the same person there; to be another, use a private window or another browser.',
  emptyRoom: 'Say the first word, or send somebody the link to this room.',
  keptInMemory: 'Messages here are kept until the server stops.',
  keptOnDisk: 'Messages here are kept, also when the server restarts.',
  loading: 'Loading older messages',
  beginning: 'This is where the room begins.',
  beginningTrimmed: 'Older messages are no longer kept.',
  gapTrimmed: (/** @type {number} */ count) =>
    `${plural(count, 'message is', 'messages are')} missing here: the server no longer keeps ${count === 1 ? 'it' : 'them'}.`,
  gapReset: 'The room has begun anew. What is above is no longer on the server.',
  newSince: 'New',
  jump: (/** @type {number} */ count) => (count === 0 ? 'Newest messages' : `${count} new`),
  nobody: 'someone without a name',
  you: 'You',
  says: (/** @type {string} */ name, /** @type {string} */ text) => `${name}: ${text}`,
  edited: 'edited',
  deleted: 'Message deleted',
  sending: 'Sending',
  waitingToSend: 'Goes out when you are connected',
  failed: 'Not sent',
  failedBecause: /** @type {Record<string, string>} */ ({
    'text-too-long': 'Not sent: it is too long for this server.',
    'not-yours': 'Not changed: this is not your message.',
    'other-name': 'Not sent: it was written under another name. Retry sends it under yours.',
    'no-key': 'Not sent: this browser does not have the key of this room.',
    other: 'Not sent: the server did not take it.',
  }),
  retry: 'Retry',
  discard: 'Discard',
  edit: 'Edit',
  delete: 'Delete',
  deleteAsk: 'Delete this message for everyone?',
  unreadable: 'This message cannot be read with the key of this link.',
  notSealed: 'not encrypted',
  showAll: 'Show all',
  today: 'Today',
  yesterday: 'Yesterday',
  typing: (/** @type {string[]} */ names, /** @type {number} */ more) => {
    if (names.length === 0) return '';
    if (names.length === 1 && more === 0) return `${names[0]} is typing`;
    const last = more > 0 ? `${more} more` : names.at(-1);
    const first = more > 0 ? names : names.slice(0, -1);
    return `${first.join(', ')} and ${last} are typing`;
  },

  inputLabel: 'Message',
  writeTo: (/** @type {string} */ room) => `Message to ${room}`,
  send: 'Send',
  save: 'Save',
  editing: 'You are changing a message. Esc leaves it as it was.',
  hint: 'Enter sends, Shift + Enter starts a new line',
  kept: 'Not connected: messages wait here',
  bytesLeft: (/** @type {number} */ bytes) => `${size(bytes)} left in this message`,
  tooLong: (/** @type {number} */ bytes, /** @type {number} */ most) =>
    `Too long by ${size(bytes)}: a message has at most ${size(most)}. Shorten it to send it.`,
  pasteTooLong: (/** @type {number} */ bytes, /** @type {number} */ most) =>
    `That was ${size(bytes)}; a message has at most ${size(most)}. Nothing was pasted.`,
  tooFast: (/** @type {number} */ seconds) =>
    `A little too fast for this server: the rest goes out in ${seconds} s`,

  onTheWire: 'On the wire:',
  wireBytes: (/** @type {number} */ bytes) => `${bytes.toLocaleString('en')} B`,
  wireTitle: 'What this message is on the wire',
  wireLead:
    'A WebSocket message is a frame: a few bytes that say how long it is, and then the message. Yours, as it is now:',
  wireHeader: 'header: a whole text, masked, and its length',
  wireMask: 'mask: a browser hides its bytes from proxies with it',
  wirePayload: 'payload: the message as JSON',
  wireText: 'of which your text',
  wireTotal: 'total',
  wireCompressed: 'This connection is compressed, so the frame may be smaller.',

  search: 'Search',
  searchIn: (/** @type {string} */ room) => `Search in ${room}`,
  searchLabel: 'Words to look for',
  searchNothing: 'Nothing found.',
  searchLocal: 'The server cannot search here: only the messages that are loaded were searched.',
  searchFailed: 'The search did not work. Try again.',
  searchFound: (/** @type {number} */ count) => plural(count, 'message', 'messages'),
  searchLost: 'This message cannot be shown: it is too far up, or no longer there.',

  settings: 'Settings',
  notify: 'Notify me of new messages while I am elsewhere',
  notifyBlocked: 'Your browser blocks notifications for this page.',
  badge: 'Show the number of unread messages in the title of the tab',
  newMessageFrom: (/** @type {string} */ name, /** @type {string} */ room) => `${name} in ${room}`,
  encryptedMessage: 'An encrypted message',
  signOut: 'Sign out',
  signingOut: 'Signing out',
  signOutFailed: 'Signing out failed: you may still be signed in. Try again in a moment.',
  signedInAs: 'You are',
};

/** @typedef {typeof en} Strings */
