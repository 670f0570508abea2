local BATCH = 100 -- 4 ms where all three are many

-- Let happen what has fallen due: messages expire, delays end, claims lapse; a bounded number of them.
-- Return whether that was all, and how many messages and claims went.
local function settle(now)
  local gone = call('ZRANGEBYSCORE', expiry, '-inf', now, 'LIMIT', 0, BATCH)
  if gone[1] then
    remove(gone)
  end
  local ripe = call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, BATCH)
  if ripe[1] then
    call('ZREM', due, unpack(ripe))
    call('ZREM', delayed, unpack(ripe))
    call('ZADD', ready, unpack(with_positions(ripe)))
  end
  local lapsed = call('ZRANGEBYSCORE', claims, '-inf', now, 'LIMIT', 0, BATCH)
  local budget, ended = BATCH, 0
  for _, claim in ipairs(lapsed) do
    if budget <= 0 then
      break
    end
    budget, ended = budget - math.max(release(claim), 1), ended + 1
  end
  local is_all = #gone < BATCH and #ripe < BATCH and #lapsed < BATCH and ended == #lapsed
  return is_all, #gone + ended
end
