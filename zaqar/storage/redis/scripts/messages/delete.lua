-- Delete one message if its claim, or that it has none, permits (storage R2.9.1).
-- keys   QueueKeys of key_lists.py
-- reads  expiry, claims
-- writes messages, expiry, ready, delayed, due, claimed, states, claims, holdings, remaining
-- ARGV: now in seconds, id, claim or '' for none given
-- Return 0 when done or nothing was there, 1 when another claim holds it, 2 when the claim given does not.
local now, id, claim = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local gone = call('ZSCORE', expiry, id)
if not gone or tonumber(gone) <= now then
  return 0
end
local _, holder = parsed(call('HGET', states, id))
if holder and not is_live(holder, now) then
  holder = nil
end
if claim == '' then
  if holder then
    return 1
  end
elseif holder ~= claim then
  return holder and is_live(claim, now) and 1 or 2
end
remove({ id })
return 0
