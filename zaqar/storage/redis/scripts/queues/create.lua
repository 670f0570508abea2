-- Store a queue that is not there yet.
-- KEYS: names: zset, every score 0; metadata: hash, name -> JSON, of queues that have any
-- ARGV: name, metadata or ''
-- Return 1 when it is new, 0 when it existed.
if redis.call('ZADD', KEYS[1], 'NX', 0, ARGV[1]) == 0 then
  return 0
end
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
end
return 1
