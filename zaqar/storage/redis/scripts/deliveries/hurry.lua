-- Let what fails of a subscription be tried now.
-- keys   OutboxKeys of key_lists.py
-- reads  endings, taken
-- writes hurried, wakes
-- ARGV: now in seconds, id
-- Return 0 where there is no such subscription, else 1.
local now, id = tonumber(ARGV[1]), ARGV[2]
if not lives(id, now) then
  return 0
end
call('ZREM', wakes, id) -- first: a full server refuses a script whose first write needs memory
call('SADD', hurried, id)
if not call('ZSCORE', taken, id) then
  offer(id)
end
return 1
