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

/** Everything that it is asked to do it tries: without a database (private windows), messages live as long as the page. */
export class OutboxStore {
  #database = this.#open();

  /** @returns {Promise<Waiting[]>} in the order in which they were written */
  async all() {
    const items = await this.#use('readonly', (store) => store.getAll());
    return (items ?? []).sort((a, b) => a.order - b.order || a.at - b.at);
  }

  /** @param {Waiting} item */
  async put(item) {
    await this.#use('readwrite', (store) => store.put(item));
  }

  /** @param {string} id */
  async delete(id) {
    await this.#use('readwrite', (store) => store.delete(id));
  }

  /** @returns {Promise<IDBDatabase | undefined>} */
  async #open() {
    try {
      const opening = indexedDB.open('barewire', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: 'id' });
      return await done(opening);
    } catch {
      return undefined;
    }
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest<T>} act
   * @returns {Promise<T | undefined>}
   */
  async #use(mode, act) {
    try {
      const database = await this.#database;
      return database && (await done(act(database.transaction(STORE, mode).objectStore(STORE))));
    } catch {
      return undefined;
    }
  }
}
