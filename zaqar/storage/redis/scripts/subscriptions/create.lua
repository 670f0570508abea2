-- Subscribe, unless the subscriber has a subscription.
-- keys   OutboxKeys of key_lists.py
-- writes record, subscribers, subscriptions, order, endings, progress, needed, behind; in place of one that has ended, all
-- ARGV: now in seconds, id, digest of the subscriber, the second at which it ends, content
-- Return nil where the queue has no record; else the id that the subscriber has, and the text of that subscription.
local now, id, digest = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local following = tonumber(call('HGET', record, 'next'))
if not following then
  return false
end
local known = call('HGET', subscribers, digest)
if known and lives(known, now) then
  return { known, call('HGET', subscriptions, known) }
end
local text, high = '0 ' .. digest .. ' ' .. ARGV[5], written(following - 1)
call('HSET', subscriptions, id, text) -- first: on a full server, nothing is done
if known then
  forget(known)
  trim()
end
call('HSET', subscribers, digest, id)
call('ZADD', order, 0, id)
call('ZADD', endings, ARGV[4], id)
call('HSET', progress, id, high .. ' - 0 ')
call('ZADD', needed, high, id)
call('ZADD', behind, high, id)
set_notify_until()
return { id, text }
