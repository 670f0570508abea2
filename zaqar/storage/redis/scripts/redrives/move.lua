-- Let the messages that a redrive has chosen leave the queue, if they are ready still, and note how far it is.
-- keys   QueueKeys of key_lists.py
-- reads  ready, expiry
-- writes record, leaving, and what a message has in the queue
-- ARGV: now in seconds, id of the redrive, position behind which it looked, position up to which it has looked, how many it
--       skipped, how many a dry run counts, how many it moves at most or '', 1 where nothing is behind those it has looked at
--       or 0; then for each place where messages go the key of its record, the subscription they are for or '-', how many
--       they are, and of each its id and its ttl there, or '-' for the one it has
-- Return nil where the redrive has gone on or ended since it looked; else the redrive, then field and figures of all that
-- left together.
local now, id, limit = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[7])
local known, state, after, moved = unpack(call('HMGET', record, 'redrive_id', 'redrive_state', 'redrive_after', 'redrive_moved'))
if known ~= id or state ~= 'running' or after ~= ARGV[3] then
  return false
end

-- Return those that are ready still, of so many behind an argument, and their lives.
local function ready_behind(at, count)
  local asked, ids, lives = {}, {}, {}
  for index = 1, count do
    asked[index] = ARGV[at + 2 * index - 1]
  end
  local stands, ends = looked_up('ZMSCORE', ready, asked), looked_up('ZMSCORE', expiry, asked)
  for index, one in ipairs(asked) do
    local life = ARGV[at + 2 * index]
    if stands[index] and tonumber(ends[index]) > now then
      ids[#ids + 1], lives[#lives + 1] = one, life ~= '-' and life
    end
  end
  return ids, lives
end

moved = tonumber(moved) + tonumber(ARGV[6])
local told, at = {}, 9
while ARGV[at] do
  local count = tonumber(ARGV[at + 2])
  local ids, lives = ready_behind(at + 2, count)
  if ids[1] then
    local field = '<' .. ids[1] .. id
    told[#told + 1] = field
    told[#told + 1] = leave(field, table.concat({ ARGV[at], ARGV[at + 1], id, now }, ' '), ids, lives)
  end
  moved, at = moved + #ids, at + 3 + 2 * count
end
call('HDEL', record, 'redrive_ended') -- a full server refuses a script whose first write needs memory
call('HINCRBY', record, 'redrive_skipped', ARGV[5])
call('HSET', record, 'redrive_after', ARGV[4], 'redrive_moved', moved)
if ARGV[8] == '1' or (limit and moved >= limit) then
  call('HSET', record, 'redrive_state', 'done', 'redrive_ended', now)
end
return { shown(), told }
