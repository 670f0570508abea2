-- Replace a queue's metadata unless somebody else did since it was read.
-- KEYS: names: zset, every score 0; metadata: hash, name -> JSON, of queues that have any
-- ARGV: name, old metadata or '', new metadata or ''
-- Return 1 when done, 0 when it was changed meanwhile, or the queue deleted.
local stored = redis.call('HGET', KEYS[2], ARGV[1]) or ''
if stored ~= ARGV[2] or not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return 0
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[2], ARGV[1])
else
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
end
return 1
