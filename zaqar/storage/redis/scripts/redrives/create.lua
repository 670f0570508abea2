-- Begin a redrive, unless one is running. A repetition is told what the first attempt began.
-- keys   QueueKeys of key_lists.py
-- writes record
-- ARGV: id, text
-- Return nil where the queue has no record, 0 where another one is running; else the redrive.
local following, id, state = unpack(call('HMGET', record, 'next', 'redrive_id', 'redrive_state'))
if not following then
  return false
elseif id == ARGV[1] then
  return shown()
elseif state == 'running' then
  return 0
end
call('HDEL', record, 'redrive_ended', 'redrive_lease')
call('HSET', record, 'redrive', ARGV[2], 'redrive_id', ARGV[1], 'redrive_until', following, 'redrive_state', 'running')
call('HSET', record, 'redrive_after', 0, 'redrive_moved', 0, 'redrive_skipped', 0)
return shown()
