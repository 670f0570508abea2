-- Claim the first messages that are ready. A repetition of the same claim is told what the first got.
-- writes what settling writes
-- ARGV: now in seconds, claim, ttl, grace, limit, claims after which a message leaves the queue or ''
-- Return nil where more has to be settled first, 1 where messages have to leave first; else ids, envelopes, states.
local now, claim, ttl, grace = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local most = tonumber(ARGV[6])
local ends = now + ttl

local function take(ids, counts, found)
  local changed, later = {}, {}
  for index, gone in ipairs(looked_up('ZMSCORE', expiry, ids)) do
    local _, _, own_ttl = parsed(found[index])
    if tonumber(gone) < ends then
      own_ttl = ttl + grace
      later[#later + 1], later[#later + 2] = ends + grace, ids[index]
    end
    found[index] = (counts[index] + 1) .. ' ' .. claim .. ' ' .. (own_ttl or '-')
    changed[2 * index - 1], changed[2 * index] = ids[index], found[index]
  end
  in_parts('ZREM', ready, ids) -- first: a full server refuses a script whose first write needs memory
  in_parts('ZADD', claimed, with_positions(ids))
  in_parts('HSET', states, changed)
  in_parts('ZADD', expiry, later)
  call('ZADD', claims, ends, claim)
  call('HSET', holdings, claim, ttl .. ' ' .. table.concat(ids, ' '))
  call('HSET', remaining, claim, #ids)
end

if not settle(now) then
  return false
end
if call('ZSCORE', claims, claim) then
  local _, ids, found = held(claim)
  return { ids, looked_up('HMGET', messages, ids), found }
end
local ids = call('ZRANGE', ready, 0, tonumber(ARGV[5]) - 1)
if not ids[1] then
  return { {}, {}, {} }
end
local found, counts = looked_up('HMGET', states, ids), {}
for index, state in ipairs(found) do
  counts[index] = parsed(state)
  if most and counts[index] >= most then
    return 1
  end
end
take(ids, counts, found)
return { ids, looked_up('HMGET', messages, ids), found }
