-- Return a position as it is written in the log.
local function written(position)
  return string.format('%.0f', position)
end

-- Tell whether there is a subscription that has not ended.
local function lives(id, now)
  local ends = call('ZSCORE', endings, id)
  return ends and tonumber(ends) > now
end

-- Note until when posts have to leave notices.
local function set_notify_until()
  local latest = tonumber(call('ZRANGE', endings, -1, -1, 'WITHSCORES')[2])
  if not latest then
    call('HDEL', record, 'notify_until')
  elseif call('EXISTS', record) == 1 then
    call('HSET', record, 'notify_until', written(latest))
  end
end

-- Remove from the log what no subscription needs any more.
local function trim()
  local low = tonumber(call('ZRANGE', needed, 0, 0, 'WITHSCORES')[2])
  if low then
    call('XTRIM', notices, 'MINID', written(low + 1))
    call('ZREMRANGEBYSCORE', pending, '-inf', written(low))
  end
  if not low or call('ZCARD', pending) == 0 then
    call('UNLINK', notices, pending)
  end
end

-- Remove a subscription, and its progress.
local function forget(id)
  local text = call('HGET', subscriptions, id)
  local digest = text and string.match(text, '^%d+ (%S+)')
  if digest and call('HGET', subscribers, digest) == id then
    call('HDEL', subscribers, digest)
  end
  for command, keys in pairs({
    ZREM = { order, endings, needed, behind, wakes, taken },
    HDEL = { subscriptions, progress, holders },
    SREM = { hurried },
  }) do
    for _, key in ipairs(keys) do
      call(command, key, id)
    end
  end
end
