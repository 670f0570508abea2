-- Return the ids that a claim took, but for so many of the first; `holding` is the text of what it took.
local function taken_after(holding, number)
  local taken, index = {}, -1
  for id in string.gmatch(holding, '%S+') do -- the first is the ttl
    if index >= number then
      taken[#taken + 1] = id
    end
    index = index + 1
  end
  return taken
end

-- Return what a claim still holds: its ttl, the ids and their states, in post order; nil where there is no such claim.
local function held(claim)
  local text = call('HGET', holdings, claim)
  if not text then
    return nil
  end
  local ttl, all = string.match(text, '^%d+'), taken_after(text, 0)
  local ids, found = {}, {}
  for index, state in ipairs(looked_up('HMGET', states, all)) do
    local _, holder = parsed(state)
    if holder == claim then
      ids[#ids + 1], found[#found + 1] = all[index], state
    end
  end
  return ttl, ids, found
end

-- Make what a claim holds ready again, claim counts kept; return how many messages that were.
local function release(claim)
  local _, ids, found = held(claim)
  if not ids then
    call('ZREM', claims, claim)
    return 0
  end
  local changed = {}
  for index, id in ipairs(ids) do
    local count, _, ttl = parsed(found[index])
    changed[2 * index - 1], changed[2 * index] = id, count .. ' - ' .. (ttl or '-')
  end
  in_parts('ZREM', claimed, ids)
  in_parts('ZADD', ready, with_positions(ids))
  in_parts('HSET', states, changed)
  end_claim(claim)
  return #ids
end
