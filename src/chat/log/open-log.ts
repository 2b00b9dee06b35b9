/** Opens the log that the options ask for: Redis, SQLite in a folder, or memory. */
import { MemoryLog } from './memory-log.ts';
import { openRedisLog } from './redis-log.ts';
import type { RoomLog } from './room-log.ts';
import { openSqliteLog } from './sqlite-log.ts';

export interface LogOptions {
  data?: string | undefined;
  durability?: 'process' | 'power' | undefined;
  redis?: string | undefined;
}

/** @param say is told in one line where the log is only in memory */
export async function openLog(options: LogOptions, say: (line: string) => void): Promise<RoomLog> {
  const { data, durability, redis } = options;
  if (redis !== undefined) return await openRedisLog({ url: redis, onError: onceInARow('Redis', say) });
  if (data === undefined) return new MemoryLog();
  const log = await openSqliteLog({ folder: data, durability });
  if (log !== undefined) return log;
  say(
    'history is kept in memory, until the chat stops; to keep it, npm install libsql, or use Node 22.13 or later',
  );
  return new MemoryLog();
}

/** Says what is wrong with something that is tried again and again, once. */
export function onceInARow(what: string, say: (line: string) => void): (error: Error) => void {
  let last = '';
  return ({ message }) => {
    if (message !== last) say(`${what}: ${message}`);
    last = message;
  };
}
