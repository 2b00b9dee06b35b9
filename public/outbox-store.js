/** Where messages wait that the server has not confirmed: IndexedDB, so that they survive a reload and a crash of the browser. */

/** @typedef {import('./outbox.js').Waiting} Waiting */

const STORE = 'waiting';

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Everything that it is asked to do it tries: without a database (private windows), messages live as long as the page. A
 * connection that fails is forgotten, and the next use opens another one: browsers close them when site data is cleared, and iOS
 * loses them while the page is in the background.
 */
export class OutboxStore {
  /** @type {Promise<IDBDatabase> | undefined} */
  #database;

  /** @returns {Promise<Waiting[] | undefined>} undefined if it cannot be read */
  all() {
    return this.#use('readonly', (store) => store.getAll());
  }

  /** @param {Waiting} item */
  async put(item) {
    await this.#use('readwrite', (store) => store.put(item));
  }

  /** @param {string} id */
  async delete(id) {
    await this.#use('readwrite', (store) => store.delete(id));
  }

  /** @returns {Promise<IDBDatabase>} */
  async #open() {
    const opening = indexedDB.open('barewire', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: 'id' });
    const database = await done(opening);
    database.onclose = () => {
      this.#database = undefined;
    };
    return database;
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest<T>} act
   * @returns {Promise<T | undefined>}
   */
  async #use(mode, act) {
    this.#database ??= this.#open();
    const used = this.#database;
    try {
      const database = await used;
      return await done(act(database.transaction(STORE, mode).objectStore(STORE)));
    } catch {
      if (this.#database === used) this.#database = undefined;
      return undefined;
    }
  }
}
