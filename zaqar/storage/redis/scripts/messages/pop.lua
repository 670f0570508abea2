-- Remove the first messages that are ready, and return them.
-- keys   QueueKeys of key_lists.py
-- writes what settling writes
-- ARGV: now in seconds, limit
-- Return nil where more has to be settled first; else ids, envelopes, states.
if not settle(tonumber(ARGV[1])) then
  return false
end
local ids = call('ZRANGE', ready, 0, tonumber(ARGV[2]) - 1)
if not ids[1] then
  return { {}, {}, {} }
end
local envelopes, found = looked_up('HMGET', messages, ids), looked_up('HMGET', states, ids)
in_parts('ZREM', ready, ids)
in_parts('ZREM', expiry, ids)
in_parts('HDEL', messages, ids)
in_parts('HDEL', states, ids)
return { ids, envelopes, found }
