-- Show the notices behind a position, in order.
-- keys   OutboxKeys of keys.py
-- reads  notices
-- ARGV: the position that follows, how many bytes of bodies at most, but for the first notice
-- Return the entries of the log.
local MOST_TOGETHER = 100
local from, most_bytes = ARGV[1], tonumber(ARGV[2])
local found, bytes, most = {}, 0, 1
while true do
  local entries = call('XRANGE', notices, from, '+', 'COUNT', most)
  for _, entry in ipairs(entries) do
    local fields = entry[2]
    for index = 4, #fields, 2 do
      bytes = bytes + #fields[index] - string.find(fields[index], '\n', 1, true)
    end
    if found[1] and bytes > most_bytes then
      return found
    end
    found[#found + 1] = entry
  end
  if #entries < most or bytes >= most_bytes then
    return found
  end
  from = '(' .. entries[#entries][1]
  local alike = (most_bytes - bytes) / math.max(bytes, 1) * #found -- as long as those so far
  most = math.max(1, math.min(MOST_TOGETHER, math.floor(alike)))
end
