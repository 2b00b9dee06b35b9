/**
 * What runs inside Redis 7, all or nothing: without `allow-oom` a full Redis refuses before the first line. The keys of a room are
 * its state, its stream, what was erased, and an id.
 */
import { createHash } from 'node:crypto';

export interface Script {
  readonly source: string;
  readonly sha1: string;
}

function script(source: string): Script {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/**
 * ARGV: a new epoch, and the epoch and head that the caller has seen. A log that ends before that head has lost entries (Redis
 * was restored from an older state): its numbers will be given anew, so it is another one from here on.
 */
const STATE = `
  local room, log, erased = KEYS[1], KEYS[2], KEYS[3]
  local epoch, head = unpack(redis.call('HMGET', room, 'epoch', 'head'))
  head = tonumber(head or 0)
  if epoch and epoch == ARGV[2] and head < tonumber(ARGV[3]) then
    epoch = ARGV[1]
    redis.call('HSET', room, 'epoch', epoch)
  end`;

/**
 * ARGV: the state's, the draft, the same without its text (for an edit behind a delete), its kind, its author, its target, how many
 * entries to keep, how long to know the id (ms), the channel.
 */
export const APPEND: Script = script(`#!lua
  ${STATE}
  local id, draft, bare, kind, author, target, keep, known_for, channel = KEYS[4], unpack(ARGV, 4)
  local seq, at = string.match(redis.call('GET', id) or '', '^(%d+) (%d+)$')
  if epoch and seq and tonumber(seq) <= head then return {epoch, seq, at} end
  if not epoch then
    epoch = ARGV[1]
    redis.call('DEL', log, erased)
  end
  local time = redis.call('TIME')
  seq = string.format('%.0f', head + 1)
  at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
  local of = (kind == 'text' and seq or target) .. ' ' .. author
  local by = kind == 'edit' and redis.call('ZSCORE', erased, of)
  if by and tonumber(by) > tonumber(target) then draft = bare end
  redis.call('XADD', log, 'MAXLEN', '~', keep, seq .. '-0', 'at', at, 'draft', draft, 'of', kind == 'delete' and '' or of)
  redis.call('HSET', room, 'epoch', epoch, 'head', seq)
  redis.call('SET', id, seq .. ' ' .. at, 'PX', known_for)
  if kind == 'delete' then
    local floor = string.match(redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1][1], '%d+')
    redis.call('ZADD', erased, seq, of)
    redis.call('ZREMRANGEBYSCORE', erased, '-inf', '(' .. floor)
  end
  redis.call('PUBLISH', channel, table.concat({epoch, seq, at, draft}, ' '))
  return {epoch, seq, at}`);

/**
 * ARGV: the state's, where to read from, to where, `XRANGE` or `XREVRANGE`, how many entries and how many bytes at most. Four values
 * for each entry, in the order of the command; the fourth: whether it is erased.
 */
export const READ: Script = script(`#!lua flags=allow-oom
  ${STATE}
  if not epoch then return {'', '1', '0'} end
  local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local answer = {epoch, oldest and oldest[1] or string.format('%.0f', head + 1), string.format('%.0f', head)}
  local from, to, range, most, most_bytes = unpack(ARGV, 4)
  local count, bytes = 0, 0
  repeat
    local part = redis.call(range, log, from, to, 'COUNT', 10)
    for _, entry in ipairs(part) do
      if count >= tonumber(most) or count >= 2 and bytes >= tonumber(most_bytes) then return answer end
      local seq, at, draft, of = entry[1], entry[2][2], entry[2][4], entry[2][6]
      local by = redis.call('ZSCORE', erased, of)
      local is_erased = by and tonumber(by) > tonumber(string.match(seq, '%d+'))
      for _, value in ipairs({seq, at, draft, is_erased and '1' or '0'}) do answer[#answer + 1] = value end
      count, bytes, from = count + 1, bytes + #draft, '(' .. seq
    end
  until #part < 10
  return answer`);
