local TOGETHER = 1000 -- messages in one notice: Lua cannot pass many thousands of arguments
local KEPT = 3600 -- seconds after the end of its last message for which a notice is kept at most

-- Leave notices of the messages that the arguments have, as those of a post do, behind the fourth; one more is the word
-- that a notice has beside the token. Return 2 where the log was empty, else 1.
local function leave_notice(first, count)
  local word = (#ARGV - 4) % 3 == 1 and ARGV[#ARGV] or '-'
  for start = 0, count - 1, TOGETHER do
    local stop = math.min(start + TOGETHER, count) - 1
    local fields, gone = { ARGV[1], word }, 0
    for index = start, stop do
      local at = 3 * index + 5
      gone = math.max(gone, tonumber(ARGV[at]))
      fields[#fields + 1] = ARGV[at + 1] == '' and '-' or ARGV[at + 1]
      fields[#fields + 1] = ARGV[at + 2]
    end
    local position = string.format('%.0f', first + stop)
    call('XADD', notices, position .. '-0', unpack(fields))
    call('ZADD', pending, position, position .. ' ' .. string.format('%.0f', gone + KEPT))
  end
  return call('ZCARD', pending) == math.ceil(count / TOGETHER) and 2 or 1
end
