-- Leave a notice of a message that is for one subscription, and in no queue.
-- keys   OutboxKeys of key_lists.py
-- writes record, notices, pending
-- ARGV: now in microseconds, id of the subscription, token, the second at which the notice is of no use any more, the second
--       at which the message is due or '-', its envelope
-- Return nil where the queue has no record; 1 where the log was empty, else 0.
local LAST_FOLLOWED = 2 ^ 52 -- as in a post
local now, id = tonumber(ARGV[1]), ARGV[2]
local least = tonumber(call('HGET', record, 'next'))
if not least then
  return false
elseif not lives(id, now / 1000000) then
  return 0
end
local position = math.max(least, math.min(now, LAST_FOLLOWED))
call('HSET', record, 'next', written(position + 1))
call('XADD', notices, written(position) .. '-0', ARGV[3], id, ARGV[5], ARGV[6])
call('ZADD', pending, written(position), written(position) .. ' ' .. ARGV[4])
return call('ZCARD', pending) == 1 and 1 or 0
