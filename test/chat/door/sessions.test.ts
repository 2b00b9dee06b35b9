/** Session cookies: what is believed, and what is not. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { secretIn } from '../../../src/chat/door/files.ts';
import { Sessions } from '../../../src/chat/door/sessions.ts';

const SECRET = 's'.repeat(32);
const ADA = { id: 'd7ff0c52-54f0-4a44-8ba8-1ae0bb3c2d8e', name: 'Ada 线 "; Path=/' };

function make({
  secret = SECRET,
  mode = 'nickname' as Sessions['mode'],
  lifetimeMs = undefined as number | undefined,
} = {}) {
  const time = { now: 1_700_000_000_000 };
  const sessions = new Sessions(secret, mode, lifetimeMs, () => time.now);
  const token = (user = ADA) => /^barewire-session=([^;]*)/.exec(sessions.issue(user).cookie)![1]!;
  return { sessions, time, token };
}

const asked = (...tokens: string[]) => ({
  headers: { cookie: tokens.map((token) => `barewire-session=${token}`).join('; ') },
});

describe('a session', () => {
  test('is what was issued, whatever the name is', () => {
    const { sessions, time, token } = make();
    const expires = time.now + 30 * 24 * 60 * 60 * 1_000;
    expect(sessions.of(asked(token()))).toEqual({
      user: ADA,
      expires,
      key: expect.stringMatching(/^[\da-f-]{36}$/),
    });
  });

  test('is one line that scripts cannot read and other sites cannot send along', () => {
    const { sessions } = make();
    const attributes = 'Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax';
    const shape = /^barewire-session=[\w-]+\.[\w-]*\.\d+\.[\w-]+\.[\w-]{43}; (.*)$/;
    expect(shape.exec(sessions.issue(ADA).cookie)?.[1]).toBe(attributes);
    expect(shape.exec(sessions.issue(ADA, true).cookie)?.[1]).toBe(`${attributes}; Secure`);
  });

  test('ends at its time', () => {
    const { sessions, time, token } = make({ lifetimeMs: 5_000 });
    const cookie = asked(token());
    time.now += 4_999;
    expect(sessions.of(cookie)).toBeDefined();
    time.now += 1;
    expect(sessions.of(cookie)).toBeUndefined();
  });

  test('holds in every process with the same secret, and in no other', () => {
    const { token } = make();
    const cookie = asked(token());
    expect(make().sessions.of(cookie)).toBeDefined();
    expect(make({ secret: 't'.repeat(32) }).sessions.of(cookie)).toBeUndefined();
  });

  test('of a nickname is not one of an account', () => {
    expect(make({ mode: 'accounts' }).sessions.of(asked(make().token()))).toBeUndefined();
  });

  test('is found beside other cookies, and behind a false one of the same name', () => {
    const { sessions, token } = make();
    const good = `barewire-session=${token()}`;
    for (const cookie of [
      `a=b; ${good};c`,
      `${good}; barewire-session=x`,
      `barewire-session=x;${good}`,
      `;;=;${good}`,
    ])
      expect(sessions.of({ headers: { cookie } })?.user).toEqual(ADA);
    for (const cookie of [`x${good}`, good.replace('=', ' = x'), good.toUpperCase(), ''])
      expect(sessions.of({ headers: { cookie } })).toBeUndefined();
    expect(sessions.of({ headers: {} })).toBeUndefined();
  });
});

describe('a cookie that is false', () => {
  test('in any character is none', () => {
    const { sessions, token } = make();
    const good = token();
    for (let index = 0; index < good.length; index++) {
      for (const other of ['A', '0', '.', '-', '=']) {
        if (good[index] === other) continue;
        const forged = good.slice(0, index) + other + good.slice(index + 1);
        expect(sessions.of(asked(forged)), forged).toBeUndefined();
      }
    }
  });

  test('that is cut or longer is none', () => {
    const { sessions, token } = make();
    const good = token();
    for (let length = 0; length < good.length; length++)
      expect(sessions.of(asked(good.slice(0, length)))).toBeUndefined();
    for (const more of ['A', '=', '.', '.x', ' x', '"'])
      expect(sessions.of(asked(good + more))).toBeUndefined();
  });

  test('whose parts come from two good ones is none', () => {
    const { sessions, time, token } = make();
    const a = token(ADA).split('.');
    time.now++;
    const b = token({ id: 'eve', name: 'Eve' }).split('.');
    for (let mask = 1; mask < 31; mask++) {
      const mixed = a.map((part, index) => ((mask >> index) & 1 ? part : b[index])).join('.');
      expect(sessions.of(asked(mixed)), mixed).toBeUndefined();
    }
  });

  test('that moves the border between name and id is none', () => {
    const { sessions, token } = make();
    const [id = '', name = '', ...rest] = token().split('.');
    expect(sessions.of(asked(`${id}${name}..${rest.join('.')}`))).toBeUndefined();
    expect(sessions.of(asked(`..${rest.join('.')}`))).toBeUndefined();
    expect(sessions.of(asked('....'))).toBeUndefined();
  });
});

describe('a session that is revoked', () => {
  test('is none any more, and that is told, once', () => {
    const { sessions, token } = make();
    const [cookie, other] = [asked(token()), asked(token())];
    const heard: string[] = [];
    sessions.onRevoked = (key) => heard.push(key);
    const session = sessions.of(cookie)!;
    sessions.revoke(session.key);
    sessions.revoke(session.key);
    expect(heard).toEqual([session.key]);
    expect(sessions.of(cookie)).toBeUndefined();
    expect(sessions.of(other)?.user).toEqual(ADA); // the same person elsewhere, of the same millisecond
  });

  test('is none under any of its names, until the last of its cookies has expired', () => {
    const { sessions, time, token } = make({ lifetimeMs: 5_000 });
    const [first, other] = [token(), token()];
    const { key } = sessions.of(asked(first))!;
    time.now += 3_000;
    const renamed = sessions.issue({ ...ADA, name: 'Augusta' }, false, key);
    expect(renamed.key).toBe(key);
    sessions.revoke(sessions.of(asked(first))!.key);
    expect(sessions.of(asked(other))).toBeDefined();
    time.now += 4_000; // the first has expired
    sessions.revoke(sessions.issue(ADA).key); // forgets what it can
    expect(sessions.of({ headers: { cookie: renamed.cookie } })).toBeUndefined();
  });

  test('is remembered among many, and the oldest of too many is forgotten', () => {
    const { sessions, token } = make();
    const [first, second] = [asked(token()), asked(token())];
    sessions.revoke(sessions.of(first)!.key);
    sessions.revoke(sessions.of(second)!.key);
    const revokeMany = (count: number) => {
      for (let index = 0; index < count; index++) sessions.revoke(`${count} ${index}`);
    };
    revokeMany(99_998);
    expect(sessions.of(first)).toBeUndefined();
    revokeMany(1);
    expect(sessions.of(first)).toBeDefined(); // the bound
    expect(sessions.of(second)).toBeUndefined();
  });
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'barewire-secret-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe('the secret', () => {
  test('is made once, readable by its owner alone, and the same for all who start at the same time', async () => {
    const data = join(await folder(), 'a', 'b');
    const secrets = await Promise.all(Array.from({ length: 20 }, () => secretIn(data)));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toMatch(/^[\w-]{43}$/);
    expect((await stat(join(data, 'secret'))).mode & 0o777).toBe(0o600);
    expect((await stat(data)).mode & 0o777).toBe(0o700);
    expect(await readdir(data)).toEqual(['secret']);
    expect(await secretIn(data)).toBe(secrets[0]);
  });

  test('may be one of your own, which stays as it is', async () => {
    const data = await folder();
    await writeFile(join(data, 'secret'), `${SECRET}\n`);
    expect(await secretIn(data)).toBe(SECRET);
    expect(await readFile(join(data, 'secret'), 'utf8')).toBe(`${SECRET}\n`);
  });

  test('that is too short is not used', async () => {
    const data = await folder();
    await writeFile(join(data, 'secret'), 'short\n');
    await expect(secretIn(data)).rejects.toThrow(/secret is shorter than 32 characters/);
  });

  test('that cannot be read is an error', async () => {
    const data = await folder();
    await mkdir(join(data, 'secret'));
    await expect(secretIn(data)).rejects.toThrow('EISDIR');
  });

  test('without a folder is another one each time', async () => {
    expect(await secretIn(undefined)).not.toBe(await secretIn(undefined));
  });
});
