-- Return what the state of a message says: claim count, claim or nil, ttl or nil; 0 where it was never claimed.
local function parsed(state)
  if not state then
    return 0
  end
  local count, claim, ttl = string.match(state, '^(%d+) (%S+) (%S+)$')
  return tonumber(count), claim ~= '-' and claim or nil, ttl ~= '-' and ttl or nil
end

-- Tell whether a claim exists and has not lapsed.
local function is_live(claim, now)
  local ends = call('ZSCORE', claims, claim)
  return ends and tonumber(ends) > now
end

-- Forget a claim, which holds nothing any more.
local function end_claim(claim)
  call('ZREM', claims, claim)
  call('HDEL', holdings, claim)
  call('HDEL', remaining, claim)
end

-- Forget messages, in whatever state they are. A full server refuses a script whose first write needs memory, so that
-- comes last.
local function remove(ids)
  local found = looked_up('HMGET', states, ids)
  for command, keys in pairs({ HDEL = { messages, states }, ZREM = { expiry, ready, claimed, delayed, due } }) do
    for _, key in ipairs(keys) do
      in_parts(command, key, ids)
    end
  end
  for _, state in ipairs(found) do
    local _, claim = parsed(state)
    if claim and call('HINCRBY', remaining, claim, -1) <= 0 then
      end_claim(claim)
    end
  end
end
