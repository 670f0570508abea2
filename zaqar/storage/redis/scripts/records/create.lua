-- Make the record of a queue, unless it is there. Subscriptions and the log may have outlived the one before.
-- keys   OutboxKeys of key_lists.py
-- reads  resume, endings, pending
-- writes record
-- ARGV: now in microseconds
local last = tonumber(call('ZRANGE', pending, -1, -1, 'WITHSCORES')[2]) or 0
local least = math.max(tonumber(call('GET', resume) or ARGV[1]), last + 1)
if call('HSETNX', record, 'next', written(least)) == 1 then
  call('HSET', record, 'begins', written(least))
end
set_notify_until()
