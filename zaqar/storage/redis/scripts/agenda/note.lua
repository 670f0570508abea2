-- Note in the agenda when something falls due in queues; the earliest second counts.
-- KEYS: agenda: zset, the key of a queue's record by that second; visited: zset, the same by the second at which a sweep
--       that took it from the agenda is given up
-- ARGV: '1' where a sweep has visited these queues, then for each its record and the second or '' for none
local agenda, visited = KEYS[1], KEYS[2]
redis.call('ZREM', agenda, '') -- a full server refuses a script whose first write needs memory
for index = 2, #ARGV, 2 do
  if ARGV[1] == '1' then
    redis.call('ZREM', visited, ARGV[index])
  end
  if ARGV[index + 1] ~= '' then
    redis.call('ZADD', agenda, 'LT', ARGV[index + 1], ARGV[index])
  end
end
