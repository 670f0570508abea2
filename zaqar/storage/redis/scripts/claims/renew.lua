-- Give a live claim a new end, and its messages the grace that belongs to it.
-- keys   QueueKeys of key_lists.py
-- writes claims, holdings, states, expiry
-- ARGV: now in seconds, claim, ttl, grace
-- Return 1 when done, 0 where there is no such claim.
local now, claim, ttl, grace = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if not is_live(claim, now) then
  return 0
end
local _, ids, found = held(claim)
if not ids or not ids[1] then
  return 0
end
local ends, changed, later = now + ttl, {}, {}
for index, gone in ipairs(looked_up('ZMSCORE', expiry, ids)) do
  if tonumber(gone) < ends then
    local count = parsed(found[index])
    changed[#changed + 1], changed[#changed + 2] = ids[index], count .. ' ' .. claim .. ' ' .. (ttl + grace)
    later[#later + 1], later[#later + 2] = ends + grace, ids[index]
  end
end
call('ZREM', claims, claim) -- first: a full server refuses a script whose first write needs memory
call('ZADD', claims, ends, claim)
call('HSET', holdings, claim, ttl .. ' ' .. table.concat(ids, ' '))
in_parts('HSET', states, changed)
in_parts('ZADD', expiry, later)
return 1
