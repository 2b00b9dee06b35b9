/** A WebSocket that comes back: with backoff and jitter, at once when asked, and after a sleep that nobody has told it about. */

/**
 * @typedef {{ kind: 'stopped' }
 *   | { kind: 'connecting', retry: boolean }
 *   | { kind: 'open', extensions: string }
 *   | { kind: 'waiting', until: number, code: number | undefined, wasOpen: boolean }} State
 */

const BASE_MS = 500;
const CAP_MS = 15_000;
/** An opening handshake that takes longer is considered dead. */
const HANDSHAKE_MS = 10_000;
/** A server that accepts a connection and drops it at once must not reset the backoff. */
const STABLE_MS = 5_000;
/** How long the answer to a probe may take. */
const PROBE_MS = 5_000;
/** A server that sends us away for what we did is asked again later than one that stops. */
const REFUSED_ATTEMPT = 5;
const FIRST_CODE_OF_THE_CHAT = 4000;

/**
 * Exponential backoff with full jitter, so that clients do not all reconnect to a restarted server at once.
 * @param {number} attempt counts from 0
 */
function backoff(attempt) {
  return Math.random() * Math.min(CAP_MS, BASE_MS * 2 ** attempt);
}

/** A WebSocket that reconnects. */
export class Connection {
  #url;
  #protocol;
  #onState;
  #onText;
  /** @type {WebSocket | undefined} */
  #socket;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #probe;
  /** When something came last. A clock that is set does not move it. */
  #heardAt = 0;
  #attempt = 0;
  /** @type {State} */
  #state = { kind: 'stopped' };

  /**
   * @param {string} url
   * @param {string} protocol the subprotocol
   * @param {(state: State) => void} onState
   * @param {(text: string) => void} onText
   */
  constructor(url, protocol, onState, onText) {
    this.#url = url;
    this.#protocol = protocol;
    this.#onState = onState;
    this.#onText = onText;
  }

  start() {
    if (this.#state.kind === 'stopped') this.#connect(false);
  }

  stop() {
    this.#drop();
    this.#enter({ kind: 'stopped' });
  }

  /** For how long nothing has come. */
  get silentMs() {
    return performance.now() - this.#heardAt;
  }

  /** Ends the wait for the next attempt, if there is one. */
  retryNow() {
    if (this.#state.kind === 'waiting') this.#connect(true);
  }

  /** Treats the socket as dead: TCP may take minutes to notice that the network is gone. */
  abandon() {
    if (this.#socket) this.#retryLater(undefined);
    else this.#enter(this.#state);
  }

  /**
   * @param {string} text
   * @returns {boolean} false if the text was not sent and the caller must keep it
   */
  send(text) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  /**
   * Asks whether the other side is still there, with a message that it answers. After a sleep a socket looks open for minutes.
   * @param {string} question
   */
  probe(question) {
    if (this.#probe !== undefined || !this.send(question)) return;
    this.#probe = setTimeout(() => this.abandon(), PROBE_MS);
  }

  /** @param {boolean} retry */
  #connect(retry) {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#url, this.#protocol);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.abandon(), HANDSHAKE_MS);
    socket.onopen = () => {
      clearTimeout(this.#timer);
      this.#heardAt = performance.now();
      this.#timer = setTimeout(() => {
        this.#attempt = 0;
      }, STABLE_MS);
      this.#enter({ kind: 'open', extensions: socket.extensions });
    };
    socket.onmessage = ({ data }) => {
      clearTimeout(this.#probe);
      this.#probe = undefined;
      this.#heardAt = performance.now();
      if (typeof data === 'string') this.#onText(data);
    };
    socket.onclose = ({ code }) => this.#retryLater(code);
    this.#enter({ kind: 'connecting', retry });
  }

  /** @param {number | undefined} code */
  #retryLater(code) {
    const wasOpen = this.#state.kind === 'open';
    this.#drop();
    if (code !== undefined && code >= FIRST_CODE_OF_THE_CHAT) this.#attempt = REFUSED_ATTEMPT;
    const delay = backoff(this.#attempt++);
    this.#timer = setTimeout(() => this.#connect(true), delay);
    this.#enter({ kind: 'waiting', until: Date.now() + delay, code, wasOpen });
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#probe);
    this.#probe = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    // Events of the old socket must not reach the state of its successor.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** @param {State} state */
  #enter(state) {
    this.#state = state;
    this.#onState(state);
  }
}
