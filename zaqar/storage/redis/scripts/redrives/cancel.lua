-- End a redrive, unless it has ended.
-- keys   QueueKeys of key_lists.py
-- writes record
-- ARGV: id, now in seconds
-- Return 0 where the queue's redrive has another id, else 1.
local id, state = unpack(call('HMGET', record, 'redrive_id', 'redrive_state'))
if id ~= ARGV[1] then
  return 0
end
if state == 'running' then
  call('HDEL', record, 'redrive_lease') -- first: a full server refuses a script whose first write needs memory
  call('HSET', record, 'redrive_state', 'cancelled', 'redrive_ended', ARGV[2])
end
return 1
