-- Take subscriptions that have work and that nobody holds, those first that are furthest behind.
-- keys   OutboxKeys of key_lists.py
-- writes wakes, behind, taken, holders, hurried; where subscriptions have ended, all
-- ARGV: now in milliseconds, holder, the millisecond at which the leases end, limit
-- Return whether the log is empty, then ids, texts of the subscriptions, their progress, and 1 for each that was hurried.
local LAPSED_AT_ONCE = 100
local now, holder, ends, limit = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])
call('ZREM', taken, '') -- a full server refuses a script whose first write needs memory
end_some(now / 1000)
for _, id in ipairs(call('ZRANGEBYSCORE', taken, '-inf', now, 'LIMIT', 0, LAPSED_AT_ONCE)) do
  let_go(id)
end

local awake = call('ZRANGEBYSCORE', wakes, '-inf', now, 'LIMIT', 0, limit)
local last, found, highs = call('ZRANGE', pending, -1, -1, 'WITHSCORES')[2], {}, {}
if last then
  found = call('ZRANGEBYSCORE', behind, '-inf', '(' .. written(tonumber(last)), 'LIMIT', 0, limit)
end
for index, text in ipairs(looked_up('HMGET', progress, found)) do
  highs[found[index]] = tonumber(string.match(text, '^%d+'))
end
for index, text in ipairs(looked_up('HMGET', progress, awake)) do
  if not highs[awake[index]] then
    found[#found + 1], highs[awake[index]] = awake[index], tonumber(string.match(text, '^%d+'))
  end
end
table.sort(found, function(one, other)
  return highs[one] < highs[other] or (highs[one] == highs[other] and one < other)
end)

local ids, hurries = {}, {}
for index = 1, math.min(#found, limit) do
  local id = found[index]
  if lives(id, now / 1000) then -- of those that have ended, the next lease removes more
    call('ZREM', behind, id)
    call('ZREM', wakes, id)
    call('ZADD', taken, ends, id)
    call('HSET', holders, id, holder)
    ids[#ids + 1], hurries[#hurries + 1] = id, call('SREM', hurried, id)
  end
end
return { last and 0 or 1, ids, looked_up('HMGET', subscriptions, ids), looked_up('HMGET', progress, ids), hurries }
