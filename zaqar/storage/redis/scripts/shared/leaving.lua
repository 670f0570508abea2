-- Let messages leave the queue, to where the driver finds them and takes them on. `field` names what leaves together, `head`
-- begins its figures; `lives` are the ttls that they get where they go. Return the figures.
local function leave(field, head, ids, lives)
  local found, ends = looked_up('HMGET', states, ids), looked_up('ZMSCORE', expiry, ids)
  local letters, figures = {}, { head }
  for index, envelope in ipairs(looked_up('HMGET', messages, ids)) do
    local count, _, ttl = parsed(found[index])
    ttl = ttl or string.match(envelope, '^%d+ (%d+)')
    figures[#figures + 1] = table.concat({ ids[index], lives[index] or ttl, count, ttl, ends[index] }, ' ')
    letters[#letters + 1], letters[#letters + 2] = ids[index], envelope -- as it is: to copy megabytes takes long
  end
  remove(ids) -- first: a full server refuses a script whose first write needs memory
  in_parts('HSET', leaving, letters)
  local told = table.concat(figures, ' ')
  call('HSET', leaving, field, told)
  return told
end
