-- Move messages that were claimed too often out of the queue, to where the driver finds them and posts them on.
-- writes leaving, ready, messages, expiry, states
-- ARGV: limit, claims after which a message leaves, the queue it goes to, its ttl there or '-'
-- Return how many left.
local most, target, new_ttl = tonumber(ARGV[2]), ARGV[3], ARGV[4]
local ids = call('ZRANGE', ready, 0, tonumber(ARGV[1]) - 1)
if not ids[1] then
  return 0
end
local doomed, figures, letters = {}, { target }, {}
for index, state in ipairs(looked_up('HMGET', states, ids)) do
  local count, _, ttl = parsed(state)
  if count >= most then
    local envelope = call('HGET', messages, ids[index])
    ttl = new_ttl ~= '-' and new_ttl or ttl or string.match(envelope, '^%d+ (%d+)')
    doomed[#doomed + 1] = ids[index]
    figures[#figures + 1] = ids[index] .. ' ' .. ttl
    letters[#letters + 1], letters[#letters + 2] = ids[index], envelope -- as it is: to copy megabytes takes long
  end
end
if not doomed[1] then
  return 0
end
remove(doomed) -- first: a full server refuses a script whose first write needs memory
in_parts('HSET', leaving, letters)
call('HSET', leaving, '>' .. doomed[1], table.concat(figures, ' '))
return #doomed
