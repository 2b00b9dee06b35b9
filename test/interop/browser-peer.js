/**
 * The browser's WebSocket as the scenarios drive it. Node has the same interface; in a browser it is loaded by a page,
 * and driven from outside.
 */
export class BrowserPeer {
  #socket;
  #sendsBlobs;
  /** @type {(string | ArrayBuffer | Blob)[]} */
  #messages = [];
  /** @type {() => void} */
  #onMessage = () => {};
  /** @type {Promise<{ code: number, reason: string }>} */
  #closed;

  /**
   * @param {WebSocket} socket
   * @param {boolean} blobs
   */
  constructor(socket, blobs) {
    this.#socket = socket;
    this.#sendsBlobs = blobs;
    socket.binaryType = blobs ? 'blob' : 'arraybuffer';
    socket.addEventListener('message', ({ data }) => {
      this.#messages.push(data);
      this.#onMessage();
    });
    this.#closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
    });
  }

  /**
   * @param {string} url
   * @param {readonly string[]} subprotocols
   * @param {boolean} blobs whether bytes travel as Blob, in place of ArrayBuffer and its views
   * @returns {Promise<BrowserPeer>}
   */
  static connect(url, subprotocols, blobs) {
    const socket = new WebSocket(url, [...subprotocols]);
    const peer = new BrowserPeer(socket, blobs);
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(peer));
      socket.addEventListener('error', () => reject(new Error(`no connection to ${url}`)));
    });
  }

  async extensions() {
    return this.#socket.extensions;
  }

  async subprotocol() {
    return this.#socket.protocol;
  }

  /** @param {string | Uint8Array} data */
  async send(data) {
    const isText = typeof data === 'string';
    this.#socket.send(
      isText || !this.#sendsBlobs ? /** @type {string} */ (data) : new Blob([/** @type {BlobPart} */ (data)]),
    );
  }

  /** @returns {Promise<string | Uint8Array>} */
  async receive() {
    while (this.#messages.length === 0) {
      await new Promise((resolve) => {
        this.#onMessage = () => resolve(undefined);
      });
    }
    const data = /** @type {string | ArrayBuffer | Blob} */ (this.#messages.shift());
    if (typeof data === 'string') return data;
    if (data instanceof Blob !== this.#sendsBlobs) throw new Error(`not as binaryType wants it: ${data}`);
    return new Uint8Array(data instanceof Blob ? await data.arrayBuffer() : data);
  }

  /**
   * @param {number} [code]
   * @param {string} [reason]
   */
  async close(code, reason) {
    this.#socket.close(code, reason);
  }

  closed() {
    return this.#closed;
  }
}
