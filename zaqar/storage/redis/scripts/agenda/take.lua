-- Take queues out of the agenda in which something has fallen due, and those that another sweep took and did not finish.
-- keys   AgendaKeys of key_lists.py
-- writes agenda, visited
-- ARGV: now in seconds, the second at which this sweep is given up, how many at most
-- Return the records of the queues.
local found = {}
for _, source in ipairs({ visited, agenda }) do
  for _, record in ipairs(call('ZRANGEBYSCORE', source, '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
    call('ZREM', source, record) -- first: a full server refuses a script whose first write needs memory
    call('ZADD', visited, ARGV[2], record)
    found[#found + 1] = record
  end
end
return found
