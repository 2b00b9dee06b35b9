/** Opens SQLite: that of Node, where it needs no flag, or else that of the package `libsql`. */
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

type Value = string | number | null;

/** What both have in common. */
export interface Statement {
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
  run(...values: Value[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };
}

export interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

type Opener = new (path: string) => Database;

/**
 * Opens a database for one owner: the file has mode 0600 and its folder, if it is made, 0700.
 * @returns undefined if this Node has no SQLite and `libsql` is not installed
 */
export async function openSqlite(path: string): Promise<Database | undefined> {
  const node: string = 'node:sqlite'; // not known to the types of Node 20
  const nothing = () => undefined;
  const Opened: Opener | undefined =
    (await import(node).then(({ DatabaseSync }) => DatabaseSync, nothing)) ??
    (await import('libsql').then((libsql) => libsql.default as Opener, nothing));
  if (Opened === undefined) return undefined;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await (await open(path, 'a', 0o600)).close(); // SQLite gives its other files the mode of this one
  return new Opened(path);
}
