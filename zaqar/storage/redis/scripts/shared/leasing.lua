-- Let the next lease find a subscription that nobody holds, by what it has to do.
local function offer(id)
  local high, wake, is_full = string.match(call('HGET', progress, id) or '', '^(%d+) (%S+) (%d)')
  if is_full == '0' then
    call('ZADD', behind, high, id)
  end
  if call('SISMEMBER', hurried, id) == 1 then
    call('ZADD', wakes, 0, id)
  elseif high and wake ~= '-' then
    call('ZADD', wakes, wake, id)
  end
end

-- End a lease.
local function let_go(id)
  call('ZREM', taken, id)
  call('HDEL', holders, id)
  offer(id)
end
