-- Let a claim hold messages that are ready; `holding` is the text of what it holds already, or nil where it is new.
-- Their states are changed in `found`.
local function take(claim, ttl, grace, ends, holding, ids, found)
  local changed, later = {}, {}
  for index, gone in ipairs(looked_up('ZMSCORE', expiry, ids)) do
    local count, _, own_ttl = parsed(found[index])
    if tonumber(gone) < ends then
      own_ttl = ttl + grace
      later[#later + 1], later[#later + 2] = ends + grace, ids[index]
    end
    found[index] = (count + 1) .. ' ' .. claim .. ' ' .. (own_ttl or '-')
    changed[2 * index - 1], changed[2 * index] = ids[index], found[index]
  end
  in_parts('ZREM', ready, ids) -- first: a full server refuses a script whose first write needs memory
  in_parts('ZADD', claimed, with_positions(ids))
  in_parts('HSET', states, changed)
  in_parts('ZADD', expiry, later)
  call('ZADD', claims, ends, claim)
  call('HSET', holdings, claim, (holding or ttl) .. ' ' .. table.concat(ids, ' '))
  call('HINCRBY', remaining, claim, #ids)
end
