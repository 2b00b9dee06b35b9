/** Accounts: what is kept, what it costs to guess, and how many at once. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Accounts, fileAccounts, hashPassword, memoryAccounts } from '../../../src/chat/door/accounts.ts';
import { HttpError } from '../../../src/chat/door/http.ts';
import type { Records } from '../../../src/chat/log/room-log.ts';
import { eventually } from '../../support/eventually.ts';

const PASSWORD = 'correct horse';
let lastAddress = 0;
/** An address that nobody else has. */
const fresh = () => `192.0.2.${lastAddress++}`;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'barewire-accounts-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return join(path, 'accounts');
}

/** For tests of how often, which real hashes would make long. */
const quickHash: typeof hashPassword = async (password, salt) => Buffer.from(password + salt);

/** Accounts that note what is hashed. With `holds`, a hash waits until the function that is put into `held` is called. */
function watched({ holds = false, store = memoryAccounts(), hash = quickHash } = {}) {
  const time = { now: 0 };
  const hashed: string[] = [];
  const held: (() => void)[] = [];
  const watchedHash: typeof hashPassword = async (password, salt) => {
    hashed.push(salt);
    if (holds) await new Promise<void>((resolve) => held.push(resolve));
    return await hash(password, salt);
  };
  return { accounts: new Accounts(store, watchedHash, () => time.now), hashed, held, time };
}

/** The status and the code of what a promise is rejected with; 200 if it is not. */
async function outcome(promise: Promise<unknown>): Promise<[number, string?, number?]> {
  try {
    await promise;
    return [200];
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const { error: code, retryAfterMs } = error.answer.body as { error: string; retryAfterMs?: number };
    return retryAfterMs === undefined
      ? [error.answer.status, code]
      : [error.answer.status, code, retryAfterMs];
  }
}

describe.each<[string, () => Promise<() => Records>]>([
  [
    'in files',
    async () => {
      const path = await folder();
      return () => fileAccounts(path);
    },
  ],
  [
    'in memory',
    async () => {
      const store = memoryAccounts();
      return () => store;
    },
  ],
])('an account kept %s', (_name, makeStores) => {
  test('is known to all who have the store, by its password alone', async () => {
    const stores = await makeStores();
    const made = await new Accounts(stores()).create('Ada', PASSWORD, fresh());
    expect(made).toEqual({ id: expect.stringMatching(/^[\da-f-]{36}$/), name: 'Ada' });
    const other = new Accounts(stores());
    expect(await other.signIn('ada', PASSWORD, fresh())).toEqual(made);
    expect(await outcome(other.signIn('Ada', `${PASSWORD}!`, fresh()))).toEqual([401, 'wrong-credentials']);
    expect(await outcome(other.signIn('Eve', PASSWORD, fresh()))).toEqual([401, 'wrong-credentials']);
  });

  test('is made once, although many want its name at the same time, in many spellings', async () => {
    const stores = await makeStores();
    const names = ['Straße', 'STRASSE', 'straße', 'ＳＴＲＡＳＳＥ', 'stra\u200dsse', 'ſtrasse'];
    const outcomes = await Promise.all(
      names.map((name) => outcome(new Accounts(stores(), quickHash).create(name, PASSWORD, fresh()))),
    );
    expect(outcomes.filter(([status]) => status === 200)).toHaveLength(1);
    expect(outcomes.filter(([, code]) => code === 'name-taken')).toHaveLength(5);
  });

  test('may have any name and any password, and what looks the same is the same', async () => {
    const stores = await makeStores();
    const accounts = new Accounts(stores(), quickHash);
    for (const name of [
      '../../etc/passwd',
      '..',
      '.',
      '/',
      'a\\b',
      'con',
      '线',
      '👩‍👩‍👧',
      '__proto__',
      'x'.repeat(32),
    ]) {
      const made = await accounts.create(name, 'e\u0301'.repeat(8), '192.0.2.250');
      expect(await accounts.signIn(name, 'é'.repeat(8), fresh())).toEqual(made);
    }
  });
});

test('a file has no password in it, is for its owner alone, and is never there in part', async () => {
  const path = await folder();
  const accounts = new Accounts(fileAccounts(path));
  await Promise.all([
    accounts.create('../Ada', PASSWORD, fresh()),
    accounts.create('Bob', PASSWORD, fresh()),
  ]);
  const files = await readdir(path);
  expect(files).toHaveLength(2);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  const texts = await Promise.all(files.map((file) => readFile(join(path, file), 'utf8')));
  for (const [index, file] of files.entries()) {
    expect(file).toMatch(/^[\da-f]{64}\.json$/);
    expect((await stat(join(path, file))).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(texts[index]!))).toEqual(['id', 'name', 'salt', 'hash']);
    expect(texts[index]).not.toContain(PASSWORD);
  }
  const [a, b] = texts.map((text) => JSON.parse(text));
  expect(a.salt).not.toBe(b.salt);
  expect(a.hash).not.toBe(b.hash);
});

test('an account that is not there costs one hash, as one that is there does', async () => {
  const { accounts, hashed } = watched({ hash: hashPassword });
  await accounts.create('Ada', PASSWORD, fresh());
  const saltOfAda = hashed.pop();
  await outcome(accounts.signIn('Ada', 'wrong password', fresh()));
  expect(hashed).toEqual([saltOfAda]);
  await outcome(accounts.signIn('Eve', 'wrong password', fresh()));
  await outcome(accounts.signIn('Eve', 'wrong password', fresh()));
  expect(hashed).toHaveLength(3);
  expect(hashed[1]).toHaveLength(saltOfAda!.length);
  expect(hashed[2]).toBe(hashed[1]); // not a salt that would have to be made first
});

describe('failures', () => {
  const fail = (accounts: Accounts, name: string, address: string) =>
    outcome(accounts.signIn(name, 'wrong password', address));

  test('from one address: the eleventh in 15 minutes is refused, right or wrong, without a hash', async () => {
    const { accounts, hashed, time } = watched();
    await accounts.create('Ada', PASSWORD, 'a');
    for (let count = 0; count < 10; count++)
      expect((await fail(accounts, `name ${count}`, 'a'))[0]).toBe(401);
    expect(await fail(accounts, 'Ada', 'a')).toEqual([429, 'too-fast', 90_000]);
    expect(await outcome(accounts.signIn('Ada', PASSWORD, 'a'))).toEqual([429, 'too-fast', 90_000]);
    expect(hashed).toHaveLength(11);
    expect(await outcome(accounts.signIn('Ada', PASSWORD, 'b'))).toEqual([200]);
    time.now += 90_000;
    expect(await outcome(accounts.signIn('Ada', PASSWORD, 'a'))).toEqual([200]);
  });

  test('with one name, from any address: the thirty-first is refused, whether the account is there or not', async () => {
    const { accounts, time } = watched();
    await accounts.create('Ada', PASSWORD, fresh());
    for (const [name, spelling] of [
      ['Ada', 'aDA'],
      ['Eve', 'EVE'],
    ] as const) {
      for (let count = 0; count < 30; count++) expect((await fail(accounts, name, fresh()))[0]).toBe(401);
      expect(await fail(accounts, spelling, fresh())).toEqual([429, 'too-fast', 30_000]);
    }
    expect((await outcome(accounts.signIn('Ada', PASSWORD, fresh())))[0]).toBe(429);
    time.now += 30_000;
    expect(await outcome(accounts.signIn('Ada', PASSWORD, fresh()))).toEqual([200]);
  });

  test('nobody alone can lock out somebody else', async () => {
    const { accounts } = watched();
    await accounts.create('Ada', PASSWORD, fresh());
    for (let count = 0; count < 100; count++) await fail(accounts, 'Ada', 'eve');
    expect(await outcome(accounts.signIn('Ada', PASSWORD, fresh()))).toEqual([200]);
  });

  test('successes cost nothing', async () => {
    const { accounts } = watched();
    await accounts.create('Ada', PASSWORD, 'a');
    for (let count = 0; count < 12; count++)
      expect(await outcome(accounts.signIn('Ada', PASSWORD, 'a'))).toEqual([200]);
  });

  test('many at once count one by one', async () => {
    const { accounts, hashed } = watched();
    const all = await Promise.all(Array.from({ length: 50 }, () => fail(accounts, 'Ada', 'a')));
    expect(all.filter(([status]) => status === 401)).toHaveLength(10);
    expect(all.filter(([status]) => status === 429)).toHaveLength(40);
    expect(hashed).toHaveLength(10);
  });

  test('a store that fails is no wrong password', async () => {
    const broken = { ...memoryAccounts(), find: () => Promise.reject(new Error('disk')) };
    const { accounts } = watched({ store: broken });
    for (let count = 0; count < 20; count++)
      await expect(accounts.signIn('Ada', PASSWORD, 'a')).rejects.toThrow('disk');
  });
});

test('accounts made from one address: the twenty-first in an hour is refused', async () => {
  const { accounts, time } = watched({ store: { ...memoryAccounts(), add: async () => false } });
  for (let count = 0; count < 20; count++)
    expect((await outcome(accounts.create(`name ${count}`, PASSWORD, 'a')))[0]).toBe(409);
  expect(await outcome(accounts.create('Ada', PASSWORD, 'a'))).toEqual([429, 'too-fast', 180_000]);
  time.now += 180_000;
  expect((await outcome(accounts.create('Ada', PASSWORD, 'a')))[0]).toBe(409);
});

test('in a flood two hashes run, 32 wait, and the others are refused at once; all goes on afterwards', async () => {
  const { accounts, hashed, held } = watched({ holds: true });
  const flood = Array.from({ length: 100 }, (_, index) =>
    outcome(accounts.signIn(`${index}`, PASSWORD, fresh())),
  );
  const refused = await Promise.all(flood.slice(34));
  expect(refused).toEqual(Array(66).fill([503, 'busy', 5_000]));
  expect(hashed).toHaveLength(2);
  for (let done = 0; done < 34; done++) {
    await eventually(() => expect(held.length).toBeGreaterThan(0));
    held.shift()!();
    await flood[done];
    expect(hashed.length - done - 1).toBeLessThanOrEqual(2);
  }
  expect(await Promise.all(flood.slice(0, 34))).toEqual(Array(34).fill([401, 'wrong-credentials']));
  const next = accounts.signIn('next', PASSWORD, fresh());
  await eventually(() => expect(held).toHaveLength(1));
  held.shift()!();
  expect(await outcome(next)).toEqual([401, 'wrong-credentials']);
});

test('the hash is scrypt with N = 2^15, r = 8, p = 1', async () => {
  // As Python's hashlib.scrypt computes it.
  expect((await hashPassword('correct horse', 'salt')).toString('hex')).toBe(
    'a3479fbdc10408db76d4413bd916aa53e8cc54bb088da32666d81ab4aa1ea937',
  );
});
