-- Replace a subscription unless somebody else did since it was read.
-- keys   OutboxKeys of key_lists.py
-- writes subscribers, subscriptions, endings, record, resume; where one that has ended had the subscriber, all
-- ARGV: now in seconds, id, its version when it was read, digest of the subscriber, content, the second at which it ends or
--       '' where that stays
-- Return 0 where there is none, 1 when done, 2 when it was changed meanwhile, 3 where the subscriber has another one.
local now, id, version, digest = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
if not lives(id, now) then
  return 0
end
local text = string.format('%.0f ', tonumber(version) + 1) .. digest .. ' ' .. ARGV[5]
local stored = call('HGET', subscriptions, id)
local stored_version, stored_digest = string.match(stored, '^(%d+) (%S+)')
if stored == text then
  return 1 -- the answer to the first attempt was lost
elseif stored_version ~= version then
  return 2
end
local owner = call('HGET', subscribers, digest)
local has_other_owner = owner and owner ~= id
if has_other_owner and lives(owner, now) then
  return 3
end
call('HSET', subscriptions, id, text) -- first: on a full server, nothing is done
if has_other_owner then
  forget(owner)
  trim()
end
call('HDEL', subscribers, stored_digest)
call('HSET', subscribers, digest, id)
if ARGV[6] ~= '' then
  call('ZADD', endings, ARGV[6], id)
  set_notify_until()
end
return 1
