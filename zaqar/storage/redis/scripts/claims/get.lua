-- Show a live claim and what it still holds.
-- keys   QueueKeys of key_lists.py
-- reads  claims, holdings, states, messages
-- ARGV: now in seconds, claim
-- Return nil where there is no such claim; else its ttl, the second at which it ends, ids, envelopes, states.
local claim = ARGV[2]
if not is_live(claim, tonumber(ARGV[1])) then
  return false
end
local ttl, ids, found = held(claim)
if not ids or not ids[1] then
  return false
end
return { ttl, call('ZSCORE', claims, claim), ids, looked_up('HMGET', messages, ids), found }
