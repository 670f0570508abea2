-- Leave messages in the outbox for one subscription, once for each token.
-- keys   RedeliveryKeys of key_lists.py
-- reads  endings
-- writes record, notices, pending, posted
-- ARGV: token, seconds for which it is remembered, now in microseconds, id of the subscription, then for each message when it is
--       gone, '', and its envelope; last the word of the notice
-- Return 0 where the subscription or the queue is gone, and it stays at that whoever comes with this token; else 1, 2 where the
-- log may have been empty.
local LAST_FOLLOWED = 2 ^ 52 -- as in a post
local now, count = tonumber(ARGV[3]), math.floor((#ARGV - 4) / 3)
local known, least, ends = call('GET', posted), call('HGET', record, 'next'), call('ZSCORE', endings, ARGV[4])
if known then
  return known == '-' and 0 or 2
elseif not least or not ends or tonumber(ends) <= now / 1000000 then
  call('SET', posted, '-', 'EX', ARGV[2])
  return 0
end
local first = math.max(tonumber(least), math.min(now, LAST_FOLLOWED))
call('HSET', record, 'next', string.format('%.0f', first + count))
call('SET', posted, string.format('%.0f', first), 'EX', ARGV[2])
return leave_notice(first, count)
