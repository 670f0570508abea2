-- Show notices behind a position, in order: a bounded number, whatever the bytes.
-- keys   OutboxKeys of key_lists.py
-- reads  notices
-- ARGV: the position that follows, how many bytes of bodies at most, 1 where the first notice may have more of them
-- Return the entries of the log; how many bytes are left, or -1 where nothing may follow.
local MOST, MOST_TOGETHER = 1000, 100
local from, left, may_exceed = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local found, most, bytes = {}, 1, 0
while true do
  local entries = call('XRANGE', notices, from, '+', 'COUNT', most)
  for _, entry in ipairs(entries) do
    local fields = entry[2]
    for index = 4, #fields, 2 do
      bytes = bytes + #fields[index] - string.find(fields[index], '\n', 1, true)
    end
    if bytes > left and not (may_exceed and not found[1]) then
      return { found, -1 }
    end
    found[#found + 1] = entry
  end
  if #entries < most or bytes >= left then
    return { found, -1 }
  elseif #found >= MOST then
    return { found, left - bytes }
  end
  from = '(' .. entries[#entries][1]
  local alike = (left - bytes) / math.max(bytes, 1) * #found -- as long as those so far
  most = math.max(1, math.min(MOST_TOGETHER, math.floor(alike)))
end
