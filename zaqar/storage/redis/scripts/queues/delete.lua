-- Remove a queue.
-- KEYS: names: zset, every score 0; metadata: hash, name -> JSON, of queues that have any
-- ARGV: name
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
