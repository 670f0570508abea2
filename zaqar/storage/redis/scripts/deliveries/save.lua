-- Store progress of those subscriptions that are held still, and trim the log.
-- keys   OutboxKeys of key_lists.py
-- writes progress, needed, behind, wakes, taken, holders, hurried, notices, pending
-- ARGV: now in milliseconds, holder, the millisecond at which the leases end, then for each id, high, low, the millisecond at
--       which it wakes or '-', 1 where it is full or 0, 1 where it is let go or 0, text
-- Return of those that were held: id, version, and 1 where it was hurried or 0.
local now, holder, ends = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local told = {}
call('ZREM', taken, '') -- a full server refuses a script whose first write needs memory
for at = 4, #ARGV, 7 do
  local id, high, low, wake, is_full, is_released, text = unpack(ARGV, at, at + 6)
  if call('HGET', holders, id) == holder and lives(id, now / 1000) then
    call('HSET', progress, id, high .. ' ' .. wake .. ' ' .. is_full .. ' ' .. text)
    call('ZADD', needed, low, id)
    local is_hurried = 0
    if is_released == '1' then
      let_go(id) -- where it was hurried, it has work at once, of which the next holder is told
    else
      call('ZADD', taken, ends, id)
      is_hurried = call('SREM', hurried, id)
    end
    told[#told + 1] = id
    told[#told + 1] = string.match(call('HGET', subscriptions, id), '^%d+')
    told[#told + 1] = is_hurried
  end
end
if told[1] then
  trim()
end
return told
