-- Look a queue up.
-- KEYS: names: zset, every score 0; metadata: hash, name -> JSON, of queues that have any
-- ARGV: name
-- Return its metadata, '' for none; nil where there is no such queue.
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return false
end
return redis.call('HGET', KEYS[2], ARGV[1]) or ''
