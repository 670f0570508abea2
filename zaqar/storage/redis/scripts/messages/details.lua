-- Look one message up, with when its claim and its delay end.
-- keys   QueueKeys of key_lists.py
-- reads  messages, states, expiry, claims, due
-- ARGV: now in seconds, id
-- Return nil where there is no such message; else its envelope, its state, the second at which its claim ends or '', the second
-- at which its delay ends or ''; neither is told once it has ended.
local now, id = tonumber(ARGV[1]), ARGV[2]
local gone = call('ZSCORE', expiry, id)
if not gone or tonumber(gone) <= now then
  return false
end
local state, ends, ripe = call('HGET', states, id), '', call('ZSCORE', due, id)
local count, claim, ttl = parsed(state)
if claim and is_live(claim, now) then
  ends = call('ZSCORE', claims, claim)
elseif claim then
  state = count .. ' - ' .. (ttl or '-')
end
return { call('HGET', messages, id), state, ends, ripe and tonumber(ripe) > now and ripe or '' }
