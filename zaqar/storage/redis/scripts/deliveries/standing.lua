-- Tell how far a subscription is.
-- keys   OutboxKeys of key_lists.py
-- reads  endings, progress, pending
-- ARGV: now in seconds, id
-- Return nil where there is no such subscription; else its progress, and how many notices are behind it.
if not lives(ARGV[2], tonumber(ARGV[1])) then
  return false
end
local text = call('HGET', progress, ARGV[2])
return { text, call('ZCOUNT', pending, '(' .. string.match(text, '^%d+'), '+inf') }
