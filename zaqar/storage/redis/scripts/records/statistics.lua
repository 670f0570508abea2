-- Count messages, and show the two ends of the queue.
-- keys   QueueKeys of key_lists.py
-- reads  record, ready, delayed, claimed, expiry, messages
-- writes what settling writes
-- ARGV: now in seconds
-- Return nil where more has to be settled first, nothing where the queue has no record; else total, claimed, how many were
-- thrown away, and id and creation second of the oldest and the newest.
local following, discarded = unpack(call('HMGET', record, 'next', 'discarded'))
if not following then
  return {}
end
if not settle(tonumber(ARGV[1])) then
  return false -- an end might be a message that is gone, and to look for one that is not could take long
end
local total = call('ZCARD', expiry)
local answer = { total, call('ZCARD', claimed), discarded or 0 }

local function show(first, last, is_better)
  local best
  for _, source in ipairs({ ready, claimed, delayed }) do
    local id = call('ZRANGE', source, first, last)[1]
    if id and (not best or is_better(id, best)) then
      best = id
    end
  end
  if best then
    answer[#answer + 1] = best
    answer[#answer + 1] = string.match(call('HGET', messages, best), '^%d+')
  end
end

if total > 0 then
  show(0, 0, function(one, other) return one < other end)
  show(-1, -1, function(one, other) return one > other end)
end
return answer
