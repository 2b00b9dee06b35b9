/** Accounts: names with passwords, for a chat with `--auth`. */
import { createHash, randomBytes, randomUUID, scrypt } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Author, Records } from '../log/room-log.ts';
import { KeyedBuckets } from '../rate-limit.ts';
import { createOnce, readIfThere } from './files.ts';
import { HttpError, refuseTooFast } from './http.ts';
import { isSame } from './sessions.ts';

interface Account extends Author {
  /** Both in base64url. */
  readonly salt: string;
  readonly hash: string;
}

/** One file for each account: processes with the same folder share them, and lose none. */
export function fileAccounts(folder: string): Records {
  const pathOf = (key: string) => join(folder, `${createHash('sha256').update(key).digest('hex')}.json`);
  return {
    find: (key) => readIfThere(pathOf(key)),
    add: (key, text) => createOnce(pathOf(key), `${text}\n`),
  };
}

/** Accounts that are gone with the process. */
export function memoryAccounts(): Records {
  const accounts = new Map<string, string>();
  return {
    find: async (key) => accounts.get(key),
    add: async (key, text) => !accounts.has(key) && accounts.set(key, text).has(key),
  };
}

/** Hashes that are computed at the same time: each takes 32 MiB, and one of the four threads that files need too. */
const MAX_RUNNING = 2;
const MAX_WAITING = 32;
/** Within 15 minutes. More than of an address, so that nobody alone can lock somebody else out. */
const FAILURES_OF_NAME = 30;
const FAILURES_OF_ADDRESS = 10;
/** Of an address, within an hour. */
const CREATIONS = 20;
/** What is hashed with in place of the salt of an account that is not there. */
const NO_SALT = randomBytes(16).toString('base64url');

const scryptAsync = promisify<string, string, number, object, Buffer>(scrypt);

/** The hash of a password: scrypt, N = 2^15, r = 8, p = 1. */
export function hashPassword(password: string, salt: string): Promise<Buffer> {
  return scryptAsync(password, salt, 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 });
}

/** Makes accounts and signs people in. What it throws is an {@link HttpError}: 401, 409, 429 or 503. */
export class Accounts {
  /** By {@link keyOf}, as JSON. */
  readonly #store: Records;
  readonly #hashPassword: typeof hashPassword;
  readonly #failuresOfName: KeyedBuckets;
  readonly #failuresOfAddress: KeyedBuckets;
  readonly #created: KeyedBuckets;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param now a clock in milliseconds, for the rates */
  constructor(store: Records, hash: typeof hashPassword = hashPassword, now?: () => number) {
    this.#store = store;
    this.#hashPassword = hash;
    this.#failuresOfName = new KeyedBuckets(FAILURES_OF_NAME / 900, FAILURES_OF_NAME, now);
    this.#failuresOfAddress = new KeyedBuckets(FAILURES_OF_ADDRESS / 900, FAILURES_OF_ADDRESS, now);
    this.#created = new KeyedBuckets(CREATIONS / 3_600, CREATIONS, now);
  }

  /** Makes an account. @param name a clean one. @param address whence */
  async create(name: string, password: string, address: string): Promise<Author> {
    refuseTooFast(this.#created.take(address));
    const taken = new HttpError(409, 'name-taken', 'Somebody else has this name.');
    const key = keyOf(name);
    if ((await this.#store.find(key)) !== undefined) throw taken;
    const salt = randomBytes(16).toString('base64url');
    const hash = await this.#hash(password, salt);
    const id = randomUUID();
    const account: Account = { id, name, salt, hash };
    if (!(await this.#store.add(key, JSON.stringify(account)))) throw taken;
    return { id, name };
  }

  /** Signs somebody in. An account that is not there costs the same time. */
  async signIn(name: string, password: string, address: string): Promise<Author> {
    const key = keyOf(name);
    refuseTooFast(this.#failuresOfAddress.take(address)); // taken first, so that many at once count
    refuseTooFast(this.#failuresOfName.take(key));
    let isWrong = false;
    try {
      const text = await this.#store.find(key);
      const account = text === undefined ? undefined : (JSON.parse(text) as Account);
      const hash = await this.#hash(password, account?.salt ?? NO_SALT);
      if (isSame(hash, account?.hash ?? '') && account !== undefined)
        return { id: account.id, name: account.name };
      isWrong = true;
    } finally {
      if (!isWrong) this.#failuresOfAddress.giveBack(address);
      if (!isWrong) this.#failuresOfName.giveBack(key);
    }
    throw new HttpError(401, 'wrong-credentials', 'There is no such name with this password.');
  }

  async #hash(password: string, salt: string): Promise<string> {
    if (this.#running < MAX_RUNNING) this.#running++;
    else if (this.#waiting.length < MAX_WAITING) await new Promise<void>((go) => this.#waiting.push(go));
    else throw new HttpError(503, 'busy', 'Too many sign in at the moment: try again.', 5_000);
    try {
      return (await this.#hashPassword(password.normalize('NFKC'), salt)).toString('base64url');
    } finally {
      const next = this.#waiting.shift(); // it takes this one's place
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

/** The same for all spellings of a name: upper and lower case, compatible and invisible characters. */
function keyOf(name: string): string {
  const plain = name.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  return plain.toUpperCase().toLowerCase().normalize('NFKC');
}
