local ENDED_AT_ONCE = 100

-- Remove subscriptions that have ended, and what of the log nobody needs then; return whether those were all.
local function end_some(now)
  local ended = call('ZRANGEBYSCORE', endings, '-inf', now, 'LIMIT', 0, ENDED_AT_ONCE)
  for _, id in ipairs(ended) do
    forget(id)
  end
  if ended[1] then
    trim()
    set_notify_until()
  end
  return #ended < ENDED_AT_ONCE
end
